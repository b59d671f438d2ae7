#pragma once

#include <cmath>
#include <utility>

#include "kernels/exec/host_device.hpp"
#include "kernels/exec/pack.hpp"

/// Cells of points, four to a parent, on which the far tails of peaks are polynomials.
///
/// Level 0 has cells of 32 points, each further level cells of four times as many. A peak is summed
/// point by point only in the leaves near its core. On every other cell, taken as large as its
/// distance allows, its tail is sampled at 8 Chebyshev nodes; the sums over all peaks go down the
/// levels by interpolation and reach the points once.
/// Derivatives take the same way, so that they are the derivatives of what is computed.
namespace gadolin::diffraction {

inline constexpr int leaf_points = 32;
inline constexpr int cell_nodes = 8;
inline constexpr int max_levels = 12;

/// A cell of the two-theta axis [deg].
struct Cell {
  double centre = 0.0, half = 0.0;
  double reach = 0.0;  ///< gap that a peak of 1 deg FWHM must leave [deg^0.8], see is_far
};

/// How many cells a pattern of so many points has. Cells of all levels stand one after another,
/// the leaves first.
struct CellCount {
  int points = 0;

  GADOLIN_INLINE int at(int level) const {
    const int size = leaf_points << (2 * level);
    return (points + size - 1) / size;
  }
  /// The top level has at most four cells.
  GADOLIN_INLINE int levels() const {
    int n = 1;
    while (at(n - 1) > 4) ++n;
    return n;
  }
  GADOLIN_INLINE int begin(int level) const {
    int n = 0;
    for (int l = 0; l < level; ++l) n += at(l);
    return n;
  }
  GADOLIN_INLINE int total() const { return begin(levels()); }
};

/// The cell over points first..last of an increasing axis.
GADOLIN_INLINE Cell make_cell(const double* two_theta_deg, int first, int last) {
  Cell cell;
  cell.centre = 0.5 * (two_theta_deg[first] + two_theta_deg[last]);
  cell.half = 0.5 * (two_theta_deg[last] - two_theta_deg[first]);
  if (!(cell.half > 1e-6)) cell.half = 1e-6;
  cell.reach = 1.6 * std::pow(cell.half, 0.8);
  return cell;
}

/// Whether the tail of a peak that lies within low..high [deg] is a polynomial on the cell: the gap
/// is at least 3 FWHM (the Gaussian is then below 2e-11 of its height) and
/// 1.6 half^0.8 fwhm^0.2. The polynomial of degree 7 is then off by less than 2e-5 of the square
/// root of the tail, in units of the Lorentzian's height (tested): 0.6 % of a standard uncertainty
/// for a line of 100 000 counts.
/// in   root5_fwhm = fwhm^0.2
GADOLIN_INLINE bool is_far(const Cell& cell, double low, double high, double fwhm,
                           double root5_fwhm) {
  const double above = low - (cell.centre + cell.half), below = cell.centre - cell.half - high;
  const double gap = above > below ? above : below;
  return gap >= 3.0 * fwhm && gap >= cell.reach * root5_fwhm;
}

namespace cells_detail {

/// cos(m pi / 16)
template <int M>
GADOLIN_INLINE constexpr double cosine() {
  constexpr int turn = M % 32, m = turn > 16 ? 32 - turn : turn, n = m > 8 ? 16 - m : m;
  constexpr double value = n == 0   ? 1.0
                           : n == 1 ? 0.98078528040323044913
                           : n == 2 ? 0.92387953251128675613
                           : n == 3 ? 0.83146961230254523708
                           : n == 4 ? 0.70710678118654752440
                           : n == 5 ? 0.55557023301960222474
                           : n == 6 ? 0.38268343236508977173
                           : n == 7 ? 0.19509032201612826785
                                    : 0.0;
  return m > 8 ? -value : value;
}

template <int J, int W>
GADOLIN_INLINE void weight_pair(const Pack<double, W>* t, Pack<double, W>* weight) {
  using P = Pack<double, W>;
  constexpr int m = 2 * J + 1;
  const P even =
      fma(P(0.25 * cosine<2 * m>()), t[2],
          fma(P(0.25 * cosine<4 * m>()), t[4], fma(P(0.25 * cosine<6 * m>()), t[6], P(0.125))));
  const P odd = fma(P(0.25 * cosine<m>()), t[1],
                    fma(P(0.25 * cosine<3 * m>()), t[3],
                        fma(P(0.25 * cosine<5 * m>()), t[5], P(0.25 * cosine<7 * m>()) * t[7])));
  weight[J] = even + odd;
  weight[cell_nodes - 1 - J] = even - odd;
}

}  // namespace cells_detail

/// Place of node j = 0..7 on -1..1: cos((2 j + 1) pi / 16).
GADOLIN_INLINE double cell_node(int j) {
  using cells_detail::cosine;
  const int m = j < 4 ? j : 7 - j;
  const double value = m == 0   ? cosine<1>()
                       : m == 1 ? cosine<3>()
                       : m == 2 ? cosine<5>()
                                : cosine<7>();
  return j < 4 ? value : -value;
}

/// Weights of the 8 nodes at places t on -1..1: the value of the interpolating polynomial at t is
/// the sum of weight[j] times the value at node j.
///   weight_j = 1/8 + 1/4 sum_{k=1..7} T_k(t_j) T_k(t)
/// cost 48 flop per place
template <int W>
GADOLIN_INLINE void cell_weights(Pack<double, W> at, Pack<double, W>* weight) {
  using P = Pack<double, W>;
  P t[8];
  t[0] = P(1.0);
  t[1] = at;
  const P twice = at + at;
  t[2] = twice * at - P(1.0);
  t[3] = twice * t[2] - t[1];
  t[4] = twice * t[3] - t[2];
  t[5] = twice * t[4] - t[3];
  t[6] = twice * t[5] - t[4];
  t[7] = twice * t[6] - t[5];
  cells_detail::weight_pair<0, W>(t, weight);
  cells_detail::weight_pair<1, W>(t, weight);
  cells_detail::weight_pair<2, W>(t, weight);
  cells_detail::weight_pair<3, W>(t, weight);
}

}  // namespace gadolin::diffraction
