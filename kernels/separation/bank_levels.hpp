#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kernels/separation/bank_newton.hpp"

/// Grid sequencing in the number of stages: a bank of five stages is easy from anywhere, and a
/// longer bank is the shorter one with its plateaus drawn out.
namespace gadolin::separation::bank_detail {

/// The longest sequence: 2^15 stages and more come down in halves.
constexpr int most_levels = 20;

/// Stage counts from short to long, n last: `least`, twice that, and so on.
struct Levels {
  int count = 0;
  int stages[most_levels];
};
GADOLIN_HD inline Levels level_sizes(int n, int least) {
  Levels up;
  for (int m = least; 6 * m < 5 * n && up.count + 1 < most_levels; m *= 2) {
    up.stages[up.count++] = m;
  }
  up.stages[up.count++] = n;
  return up;
}

GADOLIN_HD inline int count_special(const std::uint8_t* special, int n) {
  int specials = 0;
  for (int i = 0; i < n; ++i) specials += special[i] != 0;
  return specials;
}

/// Which stages of the bank stand for it in a bank of `target` stages: all special ones (ends,
/// feeds, draws), the rest spread over the sections between them by their length.
/// in   special [n]; target between the number of special ones and n
/// out  list [target]
GADOLIN_HD inline void choose_stages(const std::uint8_t* special, int n, int target,
                                     std::int32_t* list) {
  const int plain = n - count_special(special, n);
  const int room = target - (n - plain);
  // Ideal share of every plain stage so far, rounded: exactly `room` of them are taken.
  int seen = 0, taken = 0, at = 0;
  for (int i = 0; i < n; ++i) {
    if (special[i] != 0) {
      list[at++] = i;
      continue;
    }
    ++seen;
    const int due = static_cast<int>((2ll * seen * room + plain) / (2ll * plain));
    if (due > taken) {
      ++taken;
      list[at++] = i;
    }
  }
}

/// Profile of the longer bank from the shorter: stages are put in where neighbours differ least, of
/// two plateaus in the one away from the end of the bank: there a species is held, and its front
/// keeps its distance from the end.
/// in   short_list, long_list; eta, xi of the short one; gap: scratch [short stages]
/// out  from [long stages]: place on the short bank, stage + share of the way to the next
GADOLIN_HD inline void draw_out(const std::uint8_t* special, const std::int32_t* short_list,
                                int short_n, const double* eta, const double* xi,
                                const std::int32_t* long_list, double* gap, double* from) {
  constexpr double flat = 1e-3;
  constexpr double inwards = 9.0;
  int i = 0, j = 0;
  from[0] = 0.0;
  while (i + 1 < short_n) {
    int end = i + 1, long_end = j + 1;
    while (special[short_list[end]] == 0) ++end;
    while (special[long_list[long_end]] == 0) ++long_end;
    double sum = 0.0;
    for (int g = i; g < end; ++g) {
      const double size = flat + std::fabs(eta[g + 1] - eta[g]) + std::fabs(xi[g + 1] - xi[g]);
      gap[g] = 1.0 / (size * size * size);
      const double way = (g - i + 0.5) / (end - i);
      if (i == 0 && end + 1 < short_n) gap[g] *= std::exp(-inwards * (1.0 - way));
      if (i > 0 && end + 1 == short_n) gap[g] *= std::exp(-inwards * way);
      if (!(gap[g] > 1e-290)) gap[g] = 1e-290;  // also a bank that broke down
      sum += gap[g];
    }
    const int extra = (long_end - j) - (end - i);
    int used = 0;
    double share = 0.0;
    for (int g = i; g < end; ++g) {
      share += gap[g];
      int due = static_cast<int>(share / sum * extra + 0.5);
      if (g + 1 == end || due > extra) due = extra;
      const int parts = 1 + due - used;
      used = due;
      for (int t = 1; t <= parts; ++t) {
        from[++j] = t == parts ? g + 1.0 : g + static_cast<double>(t) / parts;
      }
    }
    i = end;
  }
}

}  // namespace gadolin::separation::bank_detail
