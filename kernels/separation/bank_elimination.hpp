#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kernels/separation/bank_view.hpp"

/// Gauss elimination of the block of one stage.
///   rows     c species, then eta and xi
///   columns  [species, filled up to whole packs | eta, xi, fixed part, filled up | species above]
/// What stands right of xi are right sides; the species above start as a diagonal.
namespace gadolin::separation::bank_detail {

/// Packs that hold eta, xi and the fixed part.
template <int W>
constexpr int middle_packs = (3 + W - 1) / W;
template <int W>
GADOLIN_INLINE int stage_packs(int packs) {
  return 2 * packs + middle_packs<W>;
}
/// Place of pivot j of a row, in doubles.
template <int W>
GADOLIN_INLINE int pivot_column(int j, int c, int packs) {
  return j < c ? j : packs * W + (j - c);
}

/// Doubles eliminate_alone() works in.
template <int W>
GADOLIN_INLINE std::size_t elimination_doubles(std::size_t c) {
  return 2 * W * ((c + 2 + W - 1) / W * W);
}

#if !defined(__CUDACC__)
/// Adds K rows `from`, each with its factor, to `row`, and to `second` if there is one: K terms
/// at once share what is read and written.
/// in   factor of term s at factor[s * apart]
template <int K, int W>
inline void add_rows(Lanes<W>* GADOLIN_RESTRICT row, Lanes<W>* GADOLIN_RESTRICT second,
                     const Lanes<W>* GADOLIN_RESTRICT from, int stride,
                     const double* GADOLIN_RESTRICT factor,
                     const double* GADOLIN_RESTRICT second_factor, int apart, int begin, int end) {
  using V = Lanes<W>;
  V a[K], b[K];
  for (int s = 0; s < K; ++s) a[s] = V(factor[s * apart]);
  if (second == nullptr) {
    for (int q = begin; q < end; ++q) {
      V sum = row[q];
      for (int s = 0; s < K; ++s) sum = fma(a[s], from[s * stride + q], sum);
      row[q] = sum;
    }
    return;
  }
  for (int s = 0; s < K; ++s) b[s] = V(second_factor[s * apart]);
  for (int q = begin; q < end; ++q) {
    V sum = row[q], other = second[q];
    for (int s = 0; s < K; ++s) {
      const V source = from[s * stride + q];
      sum = fma(a[s], source, sum);
      other = fma(b[s], source, other);
    }
    row[q] = sum;
    second[q] = other;
  }
}
template <int W>
inline void add_terms(Lanes<W>* row, Lanes<W>* second, const Lanes<W>* from, int stride,
                      const double* factor, const double* second_factor, int apart, int terms,
                      int begin, int end) {
  if (terms == W) {
    add_rows<W, W>(row, second, from, stride, factor, second_factor, apart, begin, end);
    return;
  }
  for (int s = 0; s < terms; ++s) {
    add_rows<1, W>(row, second, from + s * stride, stride, factor + s * apart,
                   second_factor + s * apart, apart, begin, end);
  }
}

/// Four of the eight numbers of two registers, by place; the compilers name it differently.
template <int I, int J, int K, int L, class Register>
inline Register four_of(Register a, Register b) {
#if defined(__clang__)
  return __builtin_shufflevector(a, b, I, J, K, L);
#else
  typedef std::int64_t Index __attribute__((vector_size(32)));
  return __builtin_shuffle(a, b, Index{I, J, K, L});
#endif
}

/// W packs turned over their diagonal.
template <int W>
inline void turn(Lanes<W>* GADOLIN_RESTRICT rows) {
  if constexpr (W == 4) {
    using Register = typename Lanes<W>::Register;
    const Register a = rows[0].v, b = rows[1].v, c = rows[2].v, d = rows[3].v;
    const Register ab_low = four_of<0, 4, 2, 6>(a, b), ab_high = four_of<1, 5, 3, 7>(a, b);
    const Register cd_low = four_of<0, 4, 2, 6>(c, d), cd_high = four_of<1, 5, 3, 7>(c, d);
    rows[0].v = four_of<0, 1, 4, 5>(ab_low, cd_low);
    rows[1].v = four_of<0, 1, 4, 5>(ab_high, cd_high);
    rows[2].v = four_of<2, 3, 6, 7>(ab_low, cd_low);
    rows[3].v = four_of<2, 3, 6, 7>(ab_high, cd_high);
  } else {
    for (int i = 0; i < W; ++i) {
      for (int j = 0; j < i; ++j) {
        const double keep = rows[i][j];
        set_lane(rows[i], j, rows[j][i]);
        set_lane(rows[j], i, keep);
      }
    }
  }
}

/// Right sides `first`..first + K - 1 (packs) of every row, from the last row up.
template <int K, int W>
inline void substitute_back(Lanes<W>* GADOLIN_RESTRICT m, int c, int packs, const double* inverse,
                            int first) {
  using V = Lanes<W>;
  const int rows = c + 2, stride = stage_packs<W>(packs);
  for (int j = rows - 1; j >= 0; --j) {
    V* GADOLIN_RESTRICT row = m + j * stride;
    const double* numbers = reinterpret_cast<const double*>(row);
    V sum[K];
    for (int q = 0; q < K; ++q) sum[q] = row[first + q];
    for (int l = rows - 1; l > j; --l) {  // the row that was done last comes last
      const V factor(-numbers[pivot_column<W>(l, c, packs)]);
      const V* GADOLIN_RESTRICT source = m + l * stride + first;
      for (int q = 0; q < K; ++q) sum[q] = fma(factor, source[q], sum[q]);
    }
    for (int q = 0; q < K; ++q) row[first + q] = sum[q] * V(inverse[j]);
  }
}

/// What eliminate_alone() works on beside the matrix.
template <int W>
struct Panel {
  Lanes<W>* columns = nullptr;  // [W, height]: the columns of this block, rows in the lanes
  Lanes<W>* factors = nullptr;  // [W, height]: what every row takes of the pivot rows
  int height = 0;
};

/// Largest row below s in column s, where the diagonal is below a tenth of it; else s.
template <int W>
inline int better_pivot(const Panel<W>& panel, int s, int left) {
  const double* column = reinterpret_cast<const double*>(panel.columns + s * panel.height);
  int best = s;
  for (int r = s + 1; r < left; ++r) {
    if (std::fabs(column[r]) > std::fabs(column[best])) best = r;
  }
  return std::fabs(column[s]) < 0.1 * std::fabs(column[best]) ? best : s;
}

/// Pivots of one block within its own columns. TALL packs of rows, 0: as many as `tall` says.
/// in   exchange(s, best): called before pivot s where another row is to be taken
template <int TALL, int W, class Exchange>
inline void factor_panel(const Panel<W>& panel, int tall, int left, int pivots,
                         double* GADOLIN_RESTRICT inverse, Exchange&& exchange) {
  using V = Lanes<W>;
  const int packs = TALL > 0 ? TALL : tall;
  V* const columns = panel.columns;
  V* const factors = panel.factors;
  const double* const numbers = reinterpret_cast<const double*>(columns);
  const int height = panel.height;
  V below(1.0);  // 0 in the lanes of the first rows that are done
#pragma GCC unroll 4
  for (int s = 0; s < W; ++s) {
    if (s >= pivots) break;
    set_lane(below, s, 0.0);
    V* const own = columns + s * height;
    V most = lane_abs(own[0]) * below;
#pragma GCC unroll 5
    for (int p = 1; p < packs; ++p) most = lane_max(most, lane_abs(own[p]));
    const V limit = most * V(0.1) - V(std::fabs(numbers[s * height * W + s]));
    bool small = false;
    for (int l = 0; l < W; ++l) small = small || limit[l] > 0.0;
    if (small) exchange(s, better_pivot(panel, s, left));
    const double pivot = 1.0 / numbers[s * height * W + s];
    inverse[s] = pivot;
    V* const factor = factors + s * height;
#pragma GCC unroll 5
    for (int p = 0; p < packs; ++p) factor[p] = own[p] * V(-pivot);
    factor[0] = factor[0] * below;
#pragma GCC unroll 3
    for (int t = s + 1; t < W; ++t) {
      const V source(numbers[t * height * W + s]);
      V* const other = columns + t * height;
#pragma GCC unroll 5
      for (int p = 0; p < packs; ++p) other[p] = fma(factor[p], source, other[p]);
    }
  }
}

/// One member, W > 1. Pivots are taken a pack of columns at a time; these columns are turned, so
/// that rows lie in the lanes. Rows are exchanged where the diagonal is below a tenth of its
/// column. in   inverse [c + 2]; scratch [elimination_doubles(c)] out  right sides solved in place;
/// a pivot that vanished ends in infinities
template <int W>
inline void eliminate_alone(Lanes<W>* GADOLIN_RESTRICT m, int c, int packs,
                            double* GADOLIN_RESTRICT inverse, Lanes<W>* GADOLIN_RESTRICT scratch) {
  using V = Lanes<W>;
  static_assert(middle_packs<W> == 1);
  const int rows = c + 2, stride = stage_packs<W>(packs);
  Panel<W> panel;
  const int height = panel.height = (rows + W - 1) / W, apart = height * W;
  panel.columns = scratch;
  panel.factors = scratch + W * height;
  double* const factor = reinterpret_cast<double*>(panel.factors);
  bool sparse = true;  // right sides of the species above still fill up from the left
  for (int block = 0; block <= packs; ++block) {
    const int first = block < packs ? block * W : c;
    const int pivots = block == packs ? 2 : c - first < W ? c - first : W;
    const int left = rows - first, tall = (left + W - 1) / W;
    V* const from = m + first * stride;
    for (int p = 0; p < tall; ++p) {
      V turned[W];
      for (int l = 0; l < W; ++l) {
        turned[l] = p * W + l < left ? from[(p * W + l) * stride + block] : V(0.0);
      }
      turn<W>(turned);
      for (int t = 0; t < W; ++t) panel.columns[t * height + p] = turned[t];
    }
    const auto exchange = [&](int s, int best) {
      if (best == s) return;
      sparse = false;
      for (int q = 0; q < stride; ++q) {
        const V keep = from[best * stride + q];
        from[best * stride + q] = from[s * stride + q];
        from[s * stride + q] = keep;
      }
      for (int t = 0; t < 2 * W; ++t) {  // columns, and factors behind them
        double* of = reinterpret_cast<double*>(panel.columns) + t * apart;
        const double keep = of[best];
        of[best] = of[s];
        of[s] = keep;
      }
    };
    switch (tall) {
      case 1:
        factor_panel<1>(panel, tall, left, pivots, inverse + first, exchange);
        break;
      case 2:
        factor_panel<2>(panel, tall, left, pivots, inverse + first, exchange);
        break;
      case 3:
        factor_panel<3>(panel, tall, left, pivots, inverse + first, exchange);
        break;
      case 4:
        factor_panel<4>(panel, tall, left, pivots, inverse + first, exchange);
        break;
      case 5:
        factor_panel<5>(panel, tall, left, pivots, inverse + first, exchange);
        break;
      default:
        factor_panel<0>(panel, tall, left, pivots, inverse + first, exchange);
    }
    // The pivot rows are what is needed of these columns later.
    V turned[W];
    for (int t = 0; t < W; ++t) turned[t] = panel.columns[t * height];
    turn<W>(turned);
    for (int s = 0; s < pivots; ++s) from[s * stride + block] = turned[s];
    const int filled = sparse && block < packs ? block + 1 : packs;
    const int begin = block + 1, end = packs + 1 + filled;
    for (int s = 1; s < pivots; ++s) {
      add_terms<W>(from + s * stride, nullptr, from, stride, factor + s, factor + s, apart, s,
                   begin, end);
    }
    int r = pivots;
    for (; r + 1 < left; r += 2) {
      add_terms<W>(from + r * stride, from + (r + 1) * stride, from, stride, factor + r,
                   factor + r + 1, apart, pivots, begin, end);
    }
    if (r < left) {
      add_terms<W>(from + r * stride, nullptr, from, stride, factor + r, factor + r, apart, pivots,
                   begin, end);
    }
  }
  // From the right, so that the pack with eta and xi, which are factors, is overwritten last.
  for (int end = stride; end > packs;) {
    const int left = end - packs;
    if (left >= 5) {
      substitute_back<5, W>(m, c, packs, inverse, end -= 5);
    } else if (left >= 3) {
      substitute_back<3, W>(m, c, packs, inverse, end -= 3);
    } else {
      substitute_back<1, W>(m, c, packs, inverse, end -= 1);
    }
  }
}
#endif

/// The same by a team, W = 1: every member takes elements, rows are exchanged for the largest
/// pivot.
template <class Team>
GADOLIN_HD inline void eliminate_together(const Team& team, Lanes<1>* packed, int c) {
  double* m = reinterpret_cast<double*>(packed);
  const int rows = c + 2, right = c + 1, width = rows + right;
  for (int j = 0; j < rows; ++j) {
    int best = j;
    double largest = std::fabs(m[j * width + j]);
    for (int r = j + 1; r < rows; ++r) {
      const double candidate = std::fabs(m[r * width + j]);
      if (candidate > largest) {
        largest = candidate;
        best = r;
      }
    }
    team.barrier();  // the search has read what the exchange will write
    if (best != j) {
      team.for_each(static_cast<std::size_t>(width - j), [&](std::size_t q) {
        const std::size_t col = q + static_cast<std::size_t>(j);
        const double keep = m[best * width + col];
        m[best * width + col] = m[j * width + col];
        m[j * width + col] = keep;
      });
      team.barrier();
    }
    const double inverse = 1.0 / m[j * width + j];
    const std::size_t columns = static_cast<std::size_t>(width - j - 1);
    team.for_each(static_cast<std::size_t>(rows - j - 1) * columns, [&](std::size_t e) {
      const std::size_t r = static_cast<std::size_t>(j) + 1 + e / columns;
      const std::size_t q = static_cast<std::size_t>(j) + 1 + e % columns;
      const double factor = m[r * width + j] * inverse;
      m[r * width + q] -= factor * m[j * width + q];
    });
    team.barrier();
  }
  // Each member owns right sides, so no barrier is needed inside.
  team.for_each(static_cast<std::size_t>(right), [&](std::size_t q) {
    for (int j = rows - 1; j >= 0; --j) {
      double sum = m[j * width + rows + q];
      for (int l = j + 1; l < rows; ++l) sum -= m[j * width + l] * m[l * width + rows + q];
      m[j * width + rows + q] = sum / m[j * width + j];
    }
  });
  team.barrier();
}

}  // namespace gadolin::separation::bank_detail
