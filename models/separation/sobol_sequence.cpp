#include "models/separation/sobol_sequence.hpp"

#include <string>

#include <boost/random/sobol.hpp>

#include "kernels/numeric/random.hpp"
#include "models/core/error.hpp"

namespace gadolin::separation {

namespace {

constexpr std::size_t digits = 32;
constexpr std::size_t most_columns = boost::random::default_sobol_table::max_dimension;
constexpr std::uint32_t scramble_purpose = 0x534F4234;

}  // namespace

ScrambledSobol::ScrambledSobol(std::uint64_t seed, std::size_t columns) : seed_(seed) {
  if (columns < 1 || columns > most_columns) {
    throw Error("E-SEP-079",
                "a Sobol' sequence of " + std::to_string(columns) + " columns: there are " +
                    std::to_string(most_columns),
                "", "use sampling = \"monte_carlo\" or make fewer inputs uncertain",
                ExitCode::usage);
  }
  directions_.resize(columns * digits);
  // The sequence runs in Gray code, where number 2^(j+1) - 1 has the single digit j. Its first
  // number here is 1 (the origin is left out), and seed() counts from it.
  boost::random::sobol sequence(columns);
  for (std::size_t j = 0; j < digits; ++j) {
    sequence.seed((std::uint64_t{1} << (j + 1)) - 2);
    for (std::size_t c = 0; c < columns; ++c) {
      directions_[c * digits + j] = static_cast<std::uint32_t>(sequence() >> 32);
    }
  }
}

std::uint32_t ScrambledSobol::plain(std::size_t row, std::size_t column) const {
  std::uint32_t x = 0;
  for (std::size_t j = 0; j < digits; ++j) {
    if ((row >> j) & 1u) x ^= directions_[column * digits + j];
  }
  return x;
}

double ScrambledSobol::at(std::size_t row, std::size_t column) const {
  const std::uint32_t x = plain(row, column);
  // Digit by digit, leading first: flipped or not by a random bit of the digits before it.
  std::uint32_t scrambled = 0;
  for (std::size_t level = 0; level < digits; ++level) {
    const std::size_t shift = digits - 1 - level;
    const std::uint32_t before = level == 0 ? 0u : x >> (shift + 1);
    std::uint32_t word[4] = {before, static_cast<std::uint32_t>(level),
                             static_cast<std::uint32_t>(column), scramble_purpose};
    philox4x32_10(word, static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32));
    const std::uint32_t digit = ((x >> shift) ^ word[0]) & 1u;
    scrambled |= digit << shift;
  }
  return (static_cast<double>(scrambled) + 0.5) / 4294967296.0;
}

}  // namespace gadolin::separation
