#pragma once

#include <cstddef>

#include "kernels/exec/item_status.hpp"
#include "kernels/exec/launch.hpp"
#include "kernels/exec/pack.hpp"
#include "kernels/numeric/nnls.hpp"

/// Screening of many patterns against many reference patterns over a common shift: at each shift
/// the best non-negative combination of references, by FNNLS on the normal equations.
namespace gadolin::diffraction {

/// Most references that enter one combination.
inline constexpr int max_screen_references = 64;

/// Plain pointers and numbers; [a][b] means row-major, b fastest.
/// A group is one phase, its variants are the ways it may look (cells); the best single variant of
/// each group enters the combination.
struct ScreenArgs {
  int points;    ///< of every pattern and reference; multiple of 4, padded by zero weights
  int shifts;    ///< compared; the one of least chi2 wins, the first of equals
  int variants;  ///< references in all
  int groups;    ///< sorted sets of variants
  int most;      ///< groups in a combination, <= max_screen_references
  const int* group_begin;    ///< [groups + 1] first variant of each
  const double* references;  ///< [shifts][variants][points]
  const double* counts;      ///< [items][points] background subtracted
  const double* weights;     ///< [items][points], or [1][points] if common_weights
  int common_weights;        ///< 1: all patterns share weights, and gram is given
  const double* gram;        ///< [shifts][variants][variants] under the common weights; else unused
  // Out.
  double* chi2;         ///< [items][shifts]
  int* best_shift;      ///< [items]
  double* coefficient;  ///< [items][groups] at the best shift, 0 where a group is not used
  double* gain;         ///< [items][groups] fall of chi2 by the group alone, best shift
  int* variant;         ///< [items][groups] variant of the group at the best shift
  ItemStatus* status;   ///< [items]
};

namespace screen_detail {

template <class Team>
GADOLIN_HD double weighted_dot(const double* a, const double* b, int points) {
  using P = Pack<double, Team::lanes>;
  P s0(0.0), s1(0.0);
  int k = 0;
  for (; k + 2 * Team::lanes <= points; k += 2 * Team::lanes) {
    s0 = fma(P::load(a + k), P::load(b + k), s0);
    s1 = fma(P::load(a + k + Team::lanes), P::load(b + k + Team::lanes), s1);
  }
  for (; k + Team::lanes <= points; k += Team::lanes) s0 = fma(P::load(a + k), P::load(b + k), s0);
  return (s0 + s1).sum();
}

/// Dot products of two rows with four others at once: each load of a row serves several sums.
/// out [8]: the first row's four, then the second's
template <class Team>
GADOLIN_HD void eight_dots(const double* const* a, const double* const* b, int points,
                           double* out) {
  using P = Pack<double, Team::lanes>;
  P sum[8];
  for (int k = 0; k + Team::lanes <= points; k += Team::lanes) {
    const P first = P::load(a[0] + k), second = P::load(a[1] + k);
    for (int j = 0; j < 4; ++j) {
      const P other = P::load(b[j] + k);
      sum[j] = fma(first, other, sum[j]);
      sum[4 + j] = fma(second, other, sum[4 + j]);
    }
  }
  for (int j = 0; j < 8; ++j) out[j] = sum[j].sum();
}

}  // namespace screen_detail

/// One pattern per item. Status: ok; singular where a reference is empty; out_of_range where a
/// count or weight is not finite (nothing found); not_converged as nnls().
/// cost 2 points (variants + most^2 / 2) flop per shift without common weights, 2 points variants
///      with them, and the exchanges of nnls
struct ScreenKernel {
  static constexpr const char* name = "diffraction::screen";
  static constexpr int device_threads = 128;
  using Args = ScreenArgs;

  static constexpr std::size_t stretch = 128;  ///< points weighted at a time

  static std::size_t scratch_bytes(const Args&) { return 0; }
  static std::size_t workspace_bytes(const Args& args) {
    const auto n = static_cast<std::size_t>(args.most), p = static_cast<std::size_t>(args.points);
    const std::size_t rows = args.common_weights != 0 ? 0 : n * stretch;
    return sizeof(double) * (2 * p + rows + n * n + 2 * n + nnls_scratch_doubles(args.most) +
                             4 * static_cast<std::size_t>(args.groups) + n) +
           64;
  }

  template <class Team>
  GADOLIN_HD static void body(const Team& team, std::size_t item, const Args& args) {
    const auto points = static_cast<std::size_t>(args.points);
    const auto groups = static_cast<std::size_t>(args.groups);
    const auto variants = static_cast<std::size_t>(args.variants);
    const auto most = static_cast<std::size_t>(args.most);
    const double* y = args.counts + item * points;
    const double* w = args.weights + (args.common_weights != 0 ? 0 : item * points);
    double* weighted = reinterpret_cast<double*>(team.workspace());  // [points] w y
    double* one_row = weighted + points;                             // [points]
    double* rows = one_row + points;  // [most][stretch] w * reference, own weights only
    double* gram = rows + (args.common_weights != 0 ? 0 : most * stretch);
    double* rhs = gram + most * most;
    double* x = rhs + most;
    double* scratch = x + most;
    double* dot = scratch + nnls_scratch_doubles(args.most);  // [groups] of the best variant
    double* gain = dot + groups;
    double* chosen = gain + groups;  // variant of each group, as double
    double* rank = chosen + groups;  // 1: in the combination
    double* member = rank + groups;  // [most] group of each place

    team.for_each(groups, [&](std::size_t g) {
      args.coefficient[item * groups + g] = 0.0;
      args.gain[item * groups + g] = 0.0;
      args.variant[item * groups + g] = args.group_begin[g];
    });
    const double square = team.sum(points, [&](std::size_t k) {
      weighted[k] = w[k] * y[k];
      return weighted[k] * y[k];
    });
    team.barrier();
    if (!(square < 1e300)) {
      team.single([&] {
        args.best_shift[item] = 0;
        args.status[item] = ItemStatus::out_of_range;
        for (int s = 0; s < args.shifts; ++s) {
          args.chi2[item * static_cast<std::size_t>(args.shifts) + static_cast<std::size_t>(s)] =
              0.0;
        }
      });
      return;
    }
    double least = -1.0;
    ItemStatus worst = ItemStatus::ok;
    for (int s = 0; s < args.shifts; ++s) {
      const auto shift = static_cast<std::size_t>(s);
      const double* reference = args.references + shift * variants * points;
      const double* common =
          args.common_weights != 0 ? args.gram + shift * variants * variants : nullptr;
      // The best variant of each group by itself.
      team.for_each(groups, [&](std::size_t g) {
        gain[g] = dot[g] = 0.0;
        chosen[g] = args.group_begin[g];
        for (int v = args.group_begin[g]; v < args.group_begin[g + 1]; ++v) {
          const auto at = static_cast<std::size_t>(v);
          const double* r = reference + at * points;
          const double product = screen_detail::weighted_dot<Team>(r, weighted, args.points);
          double length = 0.0;
          if (common != nullptr) {
            length = common[at * variants + at];
          } else if (args.group_begin[g + 1] - args.group_begin[g] > 1 || args.groups > args.most) {
            using P = Pack<double, Team::lanes>;
            P sum(0.0);
            for (std::size_t k = 0; k + Team::lanes <= points; k += Team::lanes) {
              const P value = P::load(r + k);
              sum = fma(P::load(w + k) * value, value, sum);
            }
            length = sum.sum();
          } else {
            length = 1.0;  // nothing to choose: the Gram matrix comes later anyway
          }
          const double fall = product > 0.0 && length > 0.0 ? product * product / length : 0.0;
          if (v == args.group_begin[g] || fall > gain[g]) {
            gain[g] = fall;
            dot[g] = product;
            chosen[g] = v;
          }
        }
        rank[g] = 0.0;
      });
      team.barrier();
      // The groups of largest gain, ties by order.
      int n = 0;
      if (args.groups <= args.most) {
        n = args.groups;
        team.for_each(groups, [&](std::size_t g) { member[g] = static_cast<double>(g); });
      } else {
        n = args.most;
        team.for_each(groups, [&](std::size_t g) {
          std::size_t before = 0;
          for (std::size_t o = 0; o < groups; ++o) {
            before += gain[o] > gain[g] || (gain[o] == gain[g] && o < g) ? 1 : 0;
          }
          if (before < most) member[before] = static_cast<double>(g);
        });
      }
      team.barrier();
      const auto size = static_cast<std::size_t>(n);
      const auto variant_of = [&](std::size_t place) {
        return static_cast<std::size_t>(chosen[static_cast<std::size_t>(member[place])]);
      };
      team.for_each(size, [&](std::size_t i) {
        rhs[i] = dot[static_cast<std::size_t>(member[i])];
        if (common != nullptr) {
          for (std::size_t j = 0; j < size; ++j) {
            gram[i * size + j] = common[variant_of(i) * variants + variant_of(j)];
          }
        }
      });
      team.barrier();
      if (common == nullptr) {
        // Lower triangle in blocks of two rows and four columns, past the end the last one again; a
        // stretch of points at a time, so that all rows of it stay in the first cache. A block is
        // always the same member's.
        const std::size_t strips = (size + 1) / 2, across = (size + 3) / 4;
        for (std::size_t from = 0; from < points; from += stretch) {
          const auto here = static_cast<int>(points - from < stretch ? points - from : stretch);
          team.for_each(size, [&](std::size_t i) {
            using P = Pack<double, Team::lanes>;
            const double* r = reference + variant_of(i) * points + from;
            double* row = rows + i * stretch;
            for (int k = 0; k + Team::lanes <= here; k += Team::lanes) {
              (P::load(w + from + k) * P::load(r + k)).store(row + k);
            }
          });
          team.barrier();
          team.for_each(strips * across, [&](std::size_t block) {
            const std::size_t i = block / across * 2, j = block % across * 4;
            if (j > i + 1) return;
            const double *two[2], *four[4];
            double out[8];
            for (std::size_t a = 0; a < 2; ++a) {
              two[a] = rows + (i + a < size ? i + a : size - 1) * stretch;
            }
            for (std::size_t b = 0; b < 4; ++b) {
              four[b] = reference + variant_of(j + b < size ? j + b : size - 1) * points + from;
            }
            screen_detail::eight_dots<Team>(two, four, here, out);
            for (std::size_t a = 0; a < 2 && i + a < size; ++a) {
              for (std::size_t b = 0; b < 4 && j + b <= i + a; ++b) {
                double& entry = gram[(i + a) * size + j + b];
                entry = from == 0 ? out[4 * a + b] : entry + out[4 * a + b];
              }
            }
          });
          team.barrier();
        }
      }
      team.for_each(size, [&](std::size_t i) {
        const double length = gram[i * size + i];
        gain[static_cast<std::size_t>(member[i])] =
            rhs[i] > 0.0 && length > 0.0 ? rhs[i] * rhs[i] / length : 0.0;
      });
      if (common == nullptr) {
        team.for_each(size, [&](std::size_t i) {
          for (std::size_t j = i + 1; j < size; ++j) gram[i * size + j] = gram[j * size + i];
        });
        team.barrier();
      }
      const ItemStatus found = nnls(team, n, gram, rhs, x, scratch);
      team.barrier();
      double chi2 = square;
      for (std::size_t i = 0; i < size; ++i) {
        double row = 0.0;
        for (std::size_t j = 0; j < size; ++j) row += gram[i * size + j] * x[j];
        chi2 += x[i] * (row - 2.0 * rhs[i]);
      }
      chi2 = chi2 > 0.0 ? chi2 : 0.0;
      const bool better = least < 0.0 || chi2 < least;
      if (better) {
        least = chi2;
        worst = found;
        team.for_each(groups, [&](std::size_t g) {
          args.coefficient[item * groups + g] = 0.0;
          args.gain[item * groups + g] = gain[g];
          args.variant[item * groups + g] = static_cast<int>(chosen[g]);
        });
        team.barrier();
        team.for_each(size, [&](std::size_t i) {
          args.coefficient[item * groups + static_cast<std::size_t>(member[i])] = x[i];
        });
      }
      team.single([&] {
        args.chi2[item * static_cast<std::size_t>(args.shifts) + shift] = chi2;
        if (better) args.best_shift[item] = s;
      });
    }
    team.single([&] { args.status[item] = worst; });
  }
};

/// Gram matrices of all references under weights that the batch shares; one shift per item.
/// in   references [shifts][variants][points], weights [points];  out  gram
struct ScreenGramKernel {
  static constexpr const char* name = "diffraction::screen_gram";
  static constexpr int device_threads = 128;
  struct Args {
    int points, variants;
    const double* references;
    const double* weights;
    double* gram;  ///< [shifts][variants][variants]
  };
  static std::size_t scratch_bytes(const Args&) { return 0; }
  static std::size_t workspace_bytes(const Args& args) {
    return sizeof(double) * static_cast<std::size_t>(args.points) *
           static_cast<std::size_t>(args.variants);
  }

  template <class Team>
  GADOLIN_HD static void body(const Team& team, std::size_t item, const Args& args) {
    const auto points = static_cast<std::size_t>(args.points);
    const auto variants = static_cast<std::size_t>(args.variants);
    const double* reference = args.references + item * variants * points;
    double* gram = args.gram + item * variants * variants;
    double* rows = reinterpret_cast<double*>(team.workspace());
    team.for_each(variants, [&](std::size_t i) {
      double* row = rows + i * points;
      for (std::size_t k = 0; k < points; ++k) row[k] = args.weights[k] * reference[i * points + k];
      for (std::size_t j = 0; j <= i; ++j) {
        gram[i * variants + j] =
            screen_detail::weighted_dot<Team>(row, reference + j * points, args.points);
      }
    });
    team.barrier();
    team.for_each(variants, [&](std::size_t i) {
      for (std::size_t j = i + 1; j < variants; ++j) {
        gram[i * variants + j] = gram[j * variants + i];
      }
    });
  }
};

}  // namespace gadolin::diffraction
