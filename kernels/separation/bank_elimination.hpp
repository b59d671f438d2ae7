#pragma once

#include <cmath>
#include <cstddef>

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

#if !defined(__CUDACC__)
/// Rows `row` (two of them where `second`) plus the pivot rows `from`, each with its factor; K
/// terms at once share what is read and written.
template <int K, int W>
inline void add_rows(Lanes<W>* GADOLIN_RESTRICT row, Lanes<W>* GADOLIN_RESTRICT second,
                     const Lanes<W>* GADOLIN_RESTRICT from, int stride, const double* factor,
                     const double* second_factor, int rows, int first, int end) {
  using V = Lanes<W>;
  V a[K], b[K];
  for (int s = 0; s < K; ++s) {
    a[s] = V(factor[s * rows]);
    b[s] = second == nullptr ? V(0.0) : V(second_factor[s * rows]);
  }
  if (second == nullptr) {
    for (int q = first; q < end; ++q) {
      V sum = row[q];
      for (int s = 0; s < K; ++s) sum = fma(a[s], from[s * stride + q], sum);
      row[q] = sum;
    }
    return;
  }
  for (int q = first; q < end; ++q) {
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
                      const double* factor, const double* second_factor, int rows, int terms,
                      int first, int end) {
  int s = 0;
  for (; s + 4 <= terms; s += 4) {
    add_rows<4, W>(row, second, from + s * stride, stride, factor + s * rows,
                   second_factor + s * rows, rows, first, end);
  }
  for (; s < terms; ++s) {
    add_rows<1, W>(row, second, from + s * stride, stride, factor + s * rows,
                   second_factor + s * rows, rows, first, end);
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

/// One member, W > 1. Rows are exchanged where the diagonal is below a tenth of its column. Pivots
/// are taken a pack of columns at a time.
/// in   factors: scratch [W, c + 2]
/// out  right sides solved in place; a pivot that vanished ends in infinities
template <int W>
inline void eliminate_alone(Lanes<W>* GADOLIN_RESTRICT m, int c, int packs,
                            double* GADOLIN_RESTRICT inverse, double* GADOLIN_RESTRICT factors) {
  using V = Lanes<W>;
  static_assert(middle_packs<W> == 1);
  const int rows = c + 2, stride = stage_packs<W>(packs);
  bool sparse = true;  // right sides of the species above still fill up from the left
  for (int block = 0; block <= packs; ++block) {
    const int first = block < packs ? block * W : c;
    const int pivots = block == packs ? 2 : c - first < W ? c - first : W;
    for (int s = 0; s < pivots; ++s) {
      const int j = first + s;
      double largest = 0.0;
      for (int r = j + 1; r < rows; ++r) {
        const double size = std::fabs(m[r * stride + block][s]);
        largest = size > largest ? size : largest;
      }
      if (std::fabs(m[j * stride + block][s]) < 0.1 * largest) {
        int best = j;
        for (int r = j + 1; r < rows; ++r) {
          if (std::fabs(m[r * stride + block][s]) > std::fabs(m[best * stride + block][s]))
            best = r;
        }
        sparse = false;
        for (int q = 0; q < stride; ++q) {
          const V keep = m[best * stride + q];
          m[best * stride + q] = m[j * stride + q];
          m[j * stride + q] = keep;
        }
        for (int t = 0; t < s; ++t) {
          const double keep = factors[t * rows + best];
          factors[t * rows + best] = factors[t * rows + j];
          factors[t * rows + j] = keep;
        }
      }
      V source = m[j * stride + block];
      const double pivot = 1.0 / source[s];
      inverse[j] = pivot;
      for (int l = 0; l <= s; ++l) set_lane(source, l, 0.0);  // what is done stands
      for (int r = j + 1; r < rows; ++r) {
        V& target = m[r * stride + block];
        const double factor = -target[s] * pivot;
        factors[s * rows + r] = factor;
        target = fma(V(factor), source, target);
      }
    }
    const int filled = sparse && block < packs ? block + 1 : packs;
    const int begin = block + 1, end = packs + 1 + filled;
    const V* from = m + first * stride;
    for (int r = first + 1; r < first + pivots; ++r) {
      add_terms<W>(m + r * stride, nullptr, from, stride, factors + r, factors + r, rows, r - first,
                   begin, end);
    }
    int r = first + pivots;
    for (; r + 1 < rows; r += 2) {
      add_terms<W>(m + r * stride, m + (r + 1) * stride, from, stride, factors + r, factors + r + 1,
                   rows, pivots, begin, end);
    }
    if (r < rows) {
      add_terms<W>(m + r * stride, nullptr, from, stride, factors + r, factors + r, rows, pivots,
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
