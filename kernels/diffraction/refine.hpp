#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kernels/diffraction/pattern_model.hpp"
#include "kernels/diffraction/pattern_workspace.hpp"
#include "kernels/exec/item_status.hpp"
#include "kernels/exec/launch.hpp"
#include "kernels/numeric/levenberg_marquardt.hpp"
#include "kernels/numeric/nnls.hpp"

/// A batch of powder patterns and what to do with them. One item is one pattern; the whole stage of
/// a refinement runs inside the body.
namespace gadolin::diffraction {

/// Numbers per pattern in RefineArgs::summary.
struct Summary {
  static constexpr int chi2 = 0;          ///< sum w (y - y_c)^2
  static constexpr int observed = 1;      ///< sum w y^2
  static constexpr int net_observed = 2;  ///< sum w (y - b)^2
  static constexpr int durbin_watson = 3;
  static constexpr int correlation = 4;  ///< 1 + 2 sum of residual autocorrelations, >= 1
  static constexpr int iterations = 5;
  static constexpr int largest_shift = 6;  ///< of the last step, in standard uncertainties
  static constexpr int held = 7;           ///< parameters the data do not move
  static constexpr int size = 8;
};
/// Numbers per pattern and phase in RefineArgs::phase_summary.
struct PhaseSummary {
  static constexpr int area = 0;         ///< sum of the phase's pattern times step [counts deg]
  static constexpr int information = 1;  ///< sum f^2 / variance without the phase, unit scale
  static constexpr int precision = 2;    ///< sum f^2 / variance, unit scale
  static constexpr int size = 3;
};

/// Arrays: [items] unless said otherwise; "points" are all patterns' points one after another.
struct RefineArgs {
  // Shared by the batch.
  int chebyshev_terms, phases, lines;
  int harmonics, strains;  ///< as in Layout
  double radius_mm, polarisation_k;
  const int* cell_directions;  ///< [phases]
  const RingData* rings;
  const int* ring_begin;     ///< [ring sets * (phases + 1)] into rings
  const double* texture;     ///< pairs (cos^2, weight)
  const double* ring_terms;  ///< harmonics of the rings (RingData::terms_begin); null: none
  double y_deg;              ///< Y of the instrument
  FlatSpecimen flat;
  const double* axial_rules;  ///< axial_rules(h_over_s); read only where max_nodes > 0
  double h_over_s;
  int max_nodes;  ///< axial divergence: max_axial_nodes, or 0 where s_over_l is 0 and fixed
  // Patterns.
  const std::int64_t* point_begin;    ///< [items + 1]
  const double* two_theta_deg;        ///< [points] increasing
  const double* counts;               ///< [points]
  const double* variance;             ///< [points] > 0
  const double* blank;                ///< [points], null: none
  const int* poisson;                 ///< 1: replace variance by the model's own counts
  const int* ring_set;                ///< which ring set
  const double* wavelength_angstrom;  ///< [items * max_lines]
  const double* relative_intensity;   ///< [items * max_lines]
  const double* line_width_deg;       ///< [items * max_lines] over tan(theta); null: sharp lines
  // Free parameters.
  const int* active;  ///< 0: leave this pattern alone
  const int* free_count;
  const int* free_index;  ///< [items * max_free]
  const double* lower;    ///< [items * max_free]
  const double* upper;    ///< [items * max_free]
  const double* start;    ///< [items * layout size]
  int max_free, max_points, max_peaks;
  // What to do.
  double
      lost_area;  ///< of a phase beyond the windows of its peaks, at most; 0: by significance alone
  int reweights;  ///< further rounds with the variance taken from the fit (Poisson patterns)
  LmOptions options;
  // Start grid (StartKernel only): every pair of a displacement and a width is tried.
  int grid_displacements, grid_widths;
  const double* grid_displacement_mm;  ///< [grid_displacements], added to the start's
  const double* grid_width;            ///< [grid_widths * 2]: W [deg^2], X [deg]
  // Out.
  double* parameters;     ///< [items * layout size]
  double* covariance;     ///< [items * max_free * max_free], rows of length free_count
  double* state;          ///< [items * max_free] 1 moved by the data, 0 on a bound, -1 held
  double* summary;        ///< [items * Summary::size]
  double* phase_summary;  ///< [items * phases * PhaseSummary::size]
  double* calculated;     ///< [points]
  double* background;     ///< [points]
  double* used_variance;  ///< [points]
  ItemStatus* status;

  GADOLIN_INLINE Layout layout() const { return {chebyshev_terms, phases, harmonics, strains}; }
};

namespace refine_detail {

/// What the fit needs beside the pattern's own memory.
struct Workspace {
  double *variance, *lm, *stash_gram, *stash_rhs, *stash_p, *free_values, *nnls;

  GADOLIN_INLINE static std::size_t carve(const RefineArgs& args, char* memory, Workspace& w,
                                          PatternModel& m) {
    const auto n = static_cast<std::size_t>(args.max_free);
    const auto phases = static_cast<std::size_t>(args.phases);
    Carver c{memory};
    carve_pattern({args.layout(), args.max_points, args.max_peaks, args.max_free, args.max_nodes},
                  c, m);
    w.variance = c.take<double>(static_cast<std::size_t>(args.max_points));
    w.lm = c.take<double>(lm_scratch_doubles(args.max_free));
    w.stash_gram = c.take<double>(n * n);
    w.stash_rhs = c.take<double>(n + 1);
    w.stash_p = c.take<double>(n + 1);
    w.free_values = c.take<double>(n);
    w.nnls = c.take<double>(nnls_scratch_doubles(args.phases) + phases * phases + 2 * phases);
    return c.used;
  }
};

GADOLIN_INLINE void bind_item(const RefineArgs& args, std::size_t item, char* scratch,
                              PatternModel& m) {
  m.layout = args.layout();
  m.setting = {args.radius_mm,  args.polarisation_k, args.texture, args.axial_rules, args.h_over_s,
               args.ring_terms, args.y_deg,          nullptr,      args.flat};
  if (args.line_width_deg != nullptr) {
    m.setting.line_width_deg = args.line_width_deg + item * max_lines;
  }
  m.cell_directions = args.cell_directions;
  const auto begin = args.point_begin[item];
  m.points = static_cast<int>(args.point_begin[item + 1] - begin);
  m.two_theta_deg = args.two_theta_deg + begin;
  m.counts = args.counts + begin;
  m.blank = args.blank == nullptr ? nullptr : args.blank + begin;
  m.ring_begin = args.ring_begin + args.ring_set[item] * (args.phases + 1);
  m.rings = args.rings;
  m.lines = args.lines;
  m.wavelength_angstrom = args.wavelength_angstrom + item * max_lines;
  m.relative_intensity = args.relative_intensity + item * max_lines;
  m.n_free = args.free_count[item];
  m.free_index = args.free_index + item * static_cast<std::size_t>(args.max_free);
  m.scratch = scratch;
}

/// sqrt(1/variance) for every point; returns the smallest standard uncertainty.
template <class Team>
GADOLIN_CALLED double set_weights(const Team& team, const PatternModel& m, const double* variance) {
  team.for_each(static_cast<std::size_t>(m.points),
                [&](std::size_t i) { m.sqrt_weight[i] = 1.0 / std::sqrt(variance[i]); });
  team.barrier();
  const double largest =
      team.max(static_cast<std::size_t>(m.points), [&](std::size_t i) { return m.sqrt_weight[i]; });
  return largest > 0.0 ? 1.0 / largest : 1.0;
}

/// The normal equations as levenberg_marquardt asks for them. A trial point is evaluated in full
/// and kept: when the step is accepted, which is nearly always, nothing is computed twice.
struct Problem {
  const PatternModel* model;
  Workspace w;

  template <class Team>
  GADOLIN_CALLED double evaluate(const Team& team, const double* p, double* gram,
                                 double* rhs) const {
    model->set_free(team, p);
    model->make_peaks(team);
    model->normal_equations(team, gram, rhs);
    return rhs[model->n_free];
  }
  template <class Team>
  GADOLIN_HD double chi2(const Team& team, const double* p) const {
    const double value = evaluate(team, p, w.stash_gram, w.stash_rhs);
    const auto n = static_cast<std::size_t>(model->n_free);
    team.for_each(n + 1, [&](std::size_t i) { w.stash_p[i] = i < n ? p[i] : 1.0; });
    team.barrier();
    return value;
  }
  template <class Team>
  GADOLIN_HD double normal_equations(const Team& team, const double* p, double* gram,
                                     double* rhs) const {
    const auto n = static_cast<std::size_t>(model->n_free);
    const double other =
        team.sum(n, [&](std::size_t i) { return p[i] == w.stash_p[i] ? 0.0 : 1.0; });
    if (other > 0.0 || w.stash_p[n] != 1.0) {
      evaluate(team, p, w.stash_gram, w.stash_rhs);
      team.for_each(n + 1, [&](std::size_t i) { w.stash_p[i] = i < n ? p[i] : 1.0; });
      team.barrier();
    }
    team.for_each(n * n, [&](std::size_t i) { gram[i] = w.stash_gram[i]; });
    team.for_each(n, [&](std::size_t i) { rhs[i] = w.stash_rhs[i]; });
    const double value = w.stash_rhs[n];
    team.barrier();
    return value;
  }
};

/// Variance of Poisson counts from the model: y_c, so that the fit solves the Poisson score
/// equations; where the model is far off (6 standard uncertainties) the larger of y_c and y, so
/// that a peak nobody modelled does not rule the fit.
GADOLIN_INLINE double poisson_variance(double counts, double calculated) {
  const double floor = 0.1;
  const double expected = calculated > floor ? calculated : floor;
  const double excess = counts - expected;
  const double wide = excess * excess > 36.0 * expected + 36.0 ? counts : expected;
  return wide > expected ? wide : expected;
}

}  // namespace refine_detail

/// Levenberg-Marquardt on the free parameters of every pattern, then the figures of merit.
/// fails   fewer points than free parameters + 1 -> out_of_range; not converged -> best point kept
/// cost    docs/theory/diffraction.md#cost; about 900 flop per byte of pattern, fused
/// source  docs/theory/diffraction.md#least-squares
struct RefineKernel {
  static constexpr const char* name = "diffraction::refine";
  static constexpr int device_threads = 128;
  using Args = RefineArgs;

  static std::size_t scratch_bytes(const Args& args) {
    return pattern_scratch_bytes(args.max_free, args.phases);
  }
  static std::size_t workspace_bytes(const Args& args) {
    refine_detail::Workspace w;
    PatternModel m;
    return refine_detail::Workspace::carve(args, nullptr, w, m) + 128;
  }

  template <class Team>
  GADOLIN_HD static void body(const Team& team, std::size_t item, const Args& args) {
    using namespace refine_detail;
    const auto size = static_cast<std::size_t>(args.layout().size());
    Workspace w;
    PatternModel m;
    Workspace::carve(args, team.workspace(), w, m);
    bind_item(args, item, team.scratch(), m);
    const auto begin = static_cast<std::size_t>(args.point_begin[item]);
    const auto points = static_cast<std::size_t>(m.points);
    const auto max_free = static_cast<std::size_t>(args.max_free);
    team.for_each(size, [&](std::size_t i) {
      m.parameters[i] = args.start[item * size + i];
      args.parameters[item * size + i] = m.parameters[i];
    });
    team.barrier();
    if (args.active[item] == 0 || m.points <= m.n_free) {
      team.single([&] {
        args.status[item] = args.active[item] == 0 ? ItemStatus::ok : ItemStatus::out_of_range;
      });
      return;
    }
    m.prepare(team);
    team.for_each(points, [&](std::size_t i) { w.variance[i] = args.variance[begin + i]; });
    team.for_each(static_cast<std::size_t>(m.n_free),
                  [&](std::size_t i) { w.free_values[i] = m.parameters[m.free_index[i]]; });
    team.barrier();
    double sigma = set_weights(team, m, w.variance);

    const LmScratch lm(w.lm, m.n_free);
    LmResult result;
    int iterations = 0;
    const int rounds = args.poisson[item] != 0 ? args.reweights : 0;
    for (int round = 0; round <= rounds; ++round) {
      m.make_peaks(team);
      m.set_windows(team, sigma, args.lost_area);
      if (args.poisson[item] != 0) {
        m.calculate(team, [&](int i, double y, double, const double*) {
          w.variance[i] = poisson_variance(m.counts[i], y);
        });
        sigma = set_weights(team, m, w.variance);
      }
      team.single([&] { w.stash_p[m.n_free] = 0.0; });
      LmOptions options = args.options;
      if (round > 0) options.initial_lambda = 1e-6;
      if (rounds > 1) {  // the last stage: replicas must not lean towards their start
        options.shift_tolerance *= 0.1;
        options.chi2_tolerance *= 0.01;
      }
      result = levenberg_marquardt(team, m.n_free, Problem{&m, w}, w.free_values,
                                   args.lower + item * max_free, args.upper + item * max_free, w.lm,
                                   options);
      iterations += result.iterations;
      m.set_free(team, w.free_values);
    }

    // Results at the best point.
    m.make_peaks(team);
    double* calculated = args.calculated + begin;
    double* background = args.background + begin;
    m.calculate(team, [&](int i, double y, double b, const double*) {
      calculated[i] = y;
      background[i] = b;
    });
    summarise_phases(team, item, args, m, w.variance);
    team.for_each(size, [&](std::size_t i) { args.parameters[item * size + i] = m.parameters[i]; });
    const bool usable = result.status != ItemStatus::out_of_range;  // else there is no covariance
    team.for_each(static_cast<std::size_t>(m.n_free), [&](std::size_t i) {
      args.state[item * max_free + i] = usable ? lm.state[i] : -1.0;
      for (int j = 0; j < m.n_free; ++j) {
        const std::size_t at = i * static_cast<std::size_t>(m.n_free) + static_cast<std::size_t>(j);
        args.covariance[item * max_free * max_free + at] = usable ? lm.covariance[at] : 0.0;
      }
    });
    team.for_each(points, [&](std::size_t i) { args.used_variance[begin + i] = w.variance[i]; });
    finish(team, item, args, m, w, result, iterations);
  }

 private:
  /// The share of each phase: a second walk, since it needs the complete pattern. The tails at the
  /// nodes are still there.
  template <class Team>
  GADOLIN_CALLED static void summarise_phases(const Team& team, std::size_t item, const Args& args,
                                              const PatternModel& m, const double* variance) {
    constexpr int most = rows_per_pass<Team>();
    const double* calculated = args.calculated + args.point_begin[item];
    double* shares = reinterpret_cast<double*>(m.scratch);
    double* out =
        args.phase_summary + item * static_cast<std::size_t>(args.phases) * PhaseSummary::size;
    team.for_each(static_cast<std::size_t>(args.phases * PhaseSummary::size),
                  [&](std::size_t i) { out[i] = 0.0; });
    for (int first = 0; first < m.points; first += most) {
      m.phase_shares(team, first, shares);
      const int rows = m.points - first < most ? m.points - first : most;
      team.for_each(static_cast<std::size_t>(args.phases), [&](std::size_t p) {
        const double scale = m.parameters[m.layout.phase(static_cast<int>(p)) + Layout::scale];
        double area = 0.0, information = 0.0, precision = 0.0;
        for (int i = 0; i < rows; ++i) {
          const int at = first + i;
          const double f = shares[static_cast<int>(p) * most + i];
          const double step = at + 1 < m.points ? m.two_theta_deg[at + 1] - m.two_theta_deg[at]
                                                : m.two_theta_deg[at] - m.two_theta_deg[at - 1];
          area += scale * f * step;
          const double rest = args.poisson[item] != 0 ? calculated[at] - scale * f : variance[at];
          information += f * f / (rest > 0.5 ? rest : 0.5);
          precision += f * f / variance[at];
        }
        double* own = out + p * PhaseSummary::size;
        own[PhaseSummary::area] += area;
        own[PhaseSummary::information] += information;
        own[PhaseSummary::precision] += precision;
      });
      team.barrier();
    }
  }

  template <class Team>
  GADOLIN_HD static void finish(const Team& team, std::size_t item, const Args& args,
                                const PatternModel& m, const refine_detail::Workspace&,
                                const LmResult& result, int iterations) {
    const auto begin = static_cast<std::size_t>(args.point_begin[item]);
    const auto points = static_cast<std::size_t>(m.points);
    const double* calculated = args.calculated + begin;
    const double* background = args.background + begin;
    const auto residual = [&](std::size_t i) {
      return (m.counts[i] - calculated[i]) * m.sqrt_weight[i];
    };
    const double chi2 = team.sum(points, [&](std::size_t i) { return residual(i) * residual(i); });
    const double observed = team.sum(points, [&](std::size_t i) {
      const double y = m.counts[i] * m.sqrt_weight[i];
      return y * y;
    });
    const double net = team.sum(points, [&](std::size_t i) {
      const double y = (m.counts[i] - background[i]) * m.sqrt_weight[i];
      return y * y;
    });
    const double steps = team.sum(points - 1, [&](std::size_t i) {
      const double step = residual(i + 1) - residual(i);
      return step * step;
    });
    // Integrated autocorrelation, summed until it drowns in its own noise.
    double correlation = 1.0;
    const double noise = 2.0 / std::sqrt(static_cast<double>(points));
    for (std::size_t lag = 1; lag < 60 && lag + 2 < points && chi2 > 0.0; ++lag) {
      const double rho = team.sum(points - lag, [&](std::size_t i) {
        return residual(i) * residual(i + lag);
      }) / chi2;
      if (rho < noise) break;
      correlation += 2.0 * rho;
    }
    team.single([&] {
      double* out = args.summary + item * Summary::size;
      out[Summary::chi2] = chi2;
      out[Summary::observed] = observed;
      out[Summary::net_observed] = net;
      out[Summary::durbin_watson] = chi2 > 0.0 ? steps / chi2 : 2.0;
      out[Summary::correlation] = correlation;
      out[Summary::iterations] = iterations;
      out[Summary::largest_shift] = result.largest_shift_esd;
      out[Summary::held] = result.n_held;
      args.status[item] = std::isfinite(chi2) ? result.status : ItemStatus::out_of_range;
    });
  }
};

/// Start values: for every displacement and width of a grid the scales by NNLS and the background
/// by least squares, everything else at the start's values; the best grid point is kept.
/// The free parameters must be the background terms first, then the scale of every phase.
struct StartKernel {
  static constexpr const char* name = "diffraction::start";
  static constexpr int device_threads = 128;
  using Args = RefineArgs;

  static std::size_t scratch_bytes(const Args& args) { return RefineKernel::scratch_bytes(args); }
  static std::size_t workspace_bytes(const Args& args) {
    return RefineKernel::workspace_bytes(args);
  }

  template <class Team>
  GADOLIN_HD static void body(const Team& team, std::size_t item, const Args& args) {
    using namespace refine_detail;
    const auto size = static_cast<std::size_t>(args.layout().size());
    Workspace w;
    PatternModel m;
    Workspace::carve(args, team.workspace(), w, m);
    bind_item(args, item, team.scratch(), m);
    const auto begin = static_cast<std::size_t>(args.point_begin[item]);
    team.for_each(size, [&](std::size_t i) {
      m.parameters[i] = args.start[item * size + i];
      args.parameters[item * size + i] = m.parameters[i];
    });
    team.barrier();
    if (args.active[item] == 0 || m.points <= m.n_free) {
      team.single([&] {
        args.status[item] = args.active[item] == 0 ? ItemStatus::ok : ItemStatus::out_of_range;
      });
      return;
    }
    m.prepare(team);
    const double sigma = set_weights(team, m, args.variance + begin);
    const int phases = args.phases, terms = m.n_free - phases;
    const double displacement = m.parameters[Layout::displacement];
    team.barrier();

    double best = -1.0;
    for (int at = 0; at < args.grid_displacements * args.grid_widths; ++at) {
      const int width = at / args.grid_displacements, shift = at % args.grid_displacements;
      team.single([&] {
        m.parameters[Layout::displacement] = displacement + args.grid_displacement_mm[shift];
        m.parameters[Layout::w] = args.grid_width[2 * width];
        for (int p = 0; p < phases; ++p) {
          m.parameters[m.layout.phase(p) + Layout::x] = args.grid_width[2 * width + 1];
        }
        for (int i = 0; i < m.n_free; ++i) m.parameters[m.free_index[i]] = 0.0;
      });
      m.make_peaks(team);
      m.set_windows(team, sigma, args.lost_area);
      m.normal_equations(team, w.stash_gram, w.stash_rhs);  // residual is the pattern itself
      const double chi2 = linear_fit(team, m, w, terms, phases);
      if (std::isfinite(chi2) && (best < 0.0 || chi2 < best)) {
        best = chi2;
        team.for_each(size, [&](std::size_t i) {
          double value = m.parameters[i];
          if (m.column[i] >= 0) value = w.free_values[m.column[i]];
          args.parameters[item * size + i] = value;
        });
      }
      team.barrier();
    }
    team.single([&] {
      args.summary[item * Summary::size + Summary::chi2] = best;
      args.status[item] = best < 0.0 ? ItemStatus::out_of_range : ItemStatus::ok;
    });
  }

 private:
  /// Solves for background (free) and scales (>= 0) from the normal equations in the stash; the
  /// background is eliminated by its Schur complement. Values go to free_values; returns chi2.
  template <class Team>
  GADOLIN_HD static double linear_fit(const Team& team, const PatternModel& m,
                                      const refine_detail::Workspace& w, int terms, int phases) {
    const auto n = static_cast<std::size_t>(m.n_free), b = static_cast<std::size_t>(terms),
               f = static_cast<std::size_t>(phases);
    const double* gram = w.stash_gram;
    double* factor = w.lm;            // b*b
    double* solved = factor + b * b;  // column p: G_bb^-1 G_bp, last column G_bb^-1 r_b
    double* scale = solved + b * (f + 1);
    double* schur = w.nnls;
    double* rhs = schur + f * f;
    double* x = rhs + f;
    double* scratch = x + f;
    team.for_each(b * b, [&](std::size_t i) {
      const std::size_t row = i / b, col = i % b;
      factor[i] = col <= row ? gram[row * n + col] : 0.0;
    });
    team.for_each(b * (f + 1), [&](std::size_t i) {
      const std::size_t col = i / b, row = i % b;
      solved[i] = col < f ? gram[(b + col) * n + row] : w.stash_rhs[row];
    });
    team.barrier();
    cholesky_factor(team, terms, factor, scale, 1e-10);
    for (std::size_t col = 0; col <= f; ++col) {
      cholesky_solve(team, terms, factor, scale, solved + col * b);
    }
    team.for_each(f * (f + 1), [&](std::size_t i) {
      const std::size_t p = i / (f + 1), q = i % (f + 1);
      double value =
          q < f ? gram[(b + (p > q ? p : q)) * n + b + (p > q ? q : p)] : w.stash_rhs[b + p];
      for (std::size_t k = 0; k < b; ++k) value -= gram[(b + p) * n + k] * solved[q * b + k];
      (q < f ? schur[p * f + q] : rhs[p]) = value;
    });
    team.barrier();
    nnls(team, phases, schur, rhs, x, scratch);
    team.barrier();
    team.for_each(n, [&](std::size_t i) {
      if (i >= b) {
        w.free_values[i] = x[i - b];
        return;
      }
      double value = solved[f * b + i];
      for (std::size_t p = 0; p < f; ++p) value -= solved[p * b + i] * x[p];
      w.free_values[i] = value;
    });
    team.barrier();
    // chi2 = y'Wy - 2 c'r + c'Gc; the exact form also where the bound holds.
    const double drop = team.sum(n, [&](std::size_t i) {
      double product = 0.0;
      for (std::size_t j = 0; j < n; ++j) {
        product += (j <= i ? gram[i * n + j] : gram[j * n + i]) * w.free_values[j];
      }
      return w.free_values[i] * (2.0 * w.stash_rhs[i] - product);
    });
    return w.stash_rhs[n] - drop;
  }
};

}  // namespace gadolin::diffraction
