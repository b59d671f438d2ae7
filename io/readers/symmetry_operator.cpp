#include <cctype>
#include <cmath>
#include <cstdlib>

#include "io/readers/cif.hpp"

namespace gadolin::io {

namespace {

/// Reads an unsigned "1", "0.25", ".5" or "1/2" at `at`; false if there is none.
bool read_fraction(const std::string& text, std::size_t& at, double& value) {
  const auto digits = [&](std::size_t from) {
    std::size_t end = from;
    while (end < text.size() &&
           (std::isdigit(static_cast<unsigned char>(text[end])) || text[end] == '.')) {
      ++end;
    }
    return end;
  };
  const std::size_t end = digits(at);
  if (end == at || end - at > 12) return false;
  value = std::strtod(text.substr(at, end - at).c_str(), nullptr);
  at = end;
  if (at < text.size() && text[at] == '/') {
    const std::size_t stop = digits(at + 1);
    if (stop == at + 1 || stop - at > 4) return false;
    const double divisor = std::strtod(text.substr(at + 1, stop - at - 1).c_str(), nullptr);
    if (divisor <= 0.0) return false;
    value /= divisor;
    at = stop;
  }
  return true;
}

}  // namespace

diffraction::SymmetryOperation parse_symmetry_operator(const std::string& text,
                                                       const std::string& place) {
  const auto fail = [&](const std::string& why) -> Error {
    return Error("E-CIF-006",
                 "unreadable symmetry operator \"" + text.substr(0, 60) + "\" (" + why + ")", place,
                 "write three terms such as -x,y+1/2,-z");
  };
  std::string packed;
  for (const char c : text) {
    if (!std::isspace(static_cast<unsigned char>(c))) {
      packed += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  diffraction::SymmetryOperation operation;
  std::size_t at = 0;
  for (int row = 0; row < 3; ++row) {
    const std::size_t begin = at;
    while (at < packed.size() && packed[at] != ',') {
      double sign = 1.0;
      if (packed[at] == '+' || packed[at] == '-') {
        sign = packed[at] == '-' ? -1.0 : 1.0;
        ++at;
      } else if (at != begin) {
        throw fail("a sign is missing");
      }
      if (at < packed.size() && packed[at] >= 'x' && packed[at] <= 'z') {
        operation.rotation[row][packed[at] - 'x'] += sign > 0 ? 1 : -1;
        ++at;
        continue;
      }
      double value = 0.0;
      if (!read_fraction(packed, at, value)) throw fail("expected x, y, z or a fraction");
      operation.translation[row] += sign * value;
    }
    if (at == begin) throw fail("an empty term");
    if (row < 2) {
      if (at >= packed.size()) throw fail("fewer than three terms");
      ++at;
    }
  }
  if (at != packed.size()) throw fail("more than three terms");
  for (int row = 0; row < 3; ++row) {
    // Translations of space groups are 24ths; decimals such as 0.3333 mean the nearest one.
    const double nearest = std::round(operation.translation[row] * 24.0) / 24.0;
    if (std::abs(nearest - operation.translation[row]) > 2e-3) {
      throw fail("the translation is no multiple of 1/24");
    }
    operation.translation[row] = nearest - std::floor(nearest);
    for (int column = 0; column < 3; ++column) {
      if (std::abs(operation.rotation[row][column]) > 1) throw fail("a factor beyond -1, 0, 1");
    }
  }
  const auto& r = operation.rotation;
  const int determinant = r[0][0] * (r[1][1] * r[2][2] - r[1][2] * r[2][1]) -
                          r[0][1] * (r[1][0] * r[2][2] - r[1][2] * r[2][0]) +
                          r[0][2] * (r[1][0] * r[2][1] - r[1][1] * r[2][0]);
  if (determinant != 1 && determinant != -1) throw fail("not a rotation");
  return operation;
}

}  // namespace gadolin::io
