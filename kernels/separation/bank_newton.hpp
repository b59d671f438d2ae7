#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kernels/exec/host_device.hpp"
#include "kernels/separation/distribution.hpp"
#include "kernels/separation/stage.hpp"
#include "kernels/separation/transport.hpp"

/// Called, not inlined, on the device: Newton's method is entered from four places, and inlining
/// all of them asks for more registers than a thread has.
#if defined(__CUDACC__)
#define GADOLIN_SEPARATION_CALL __noinline__
#else
#define GADOLIN_SEPARATION_CALL
#endif

/// Parts of the bank solver: transport of the metals, residuals, Newton's direction, pseudo-time.
namespace gadolin::separation {

namespace bank_detail {

/// Everything of one bank, as pointers.
struct BankView {
  int n = 0, c = 0;
  const SpeciesLaw* law = nullptr;
  const StageFlows* flows = nullptr;
  const double* feed_a = nullptr;
  const double* feed_o = nullptr;
  const double* ln_d_shift = nullptr;  // [n, c] or null
  const double* bypass = nullptr;      // [n, c] 1 - E of each species, or null
  AcidBalance acid;
  bool convex = true;
  double *d = nullptr, *y_in = nullptr, *y_out = nullptr, *x = nullptr;  // [n, c]
  double *fixed = nullptr, *inverse_pivot = nullptr, *kappa = nullptr, *s_org = nullptr,
         *t_org = nullptr;                                             // [n, c]
  double *eta = nullptr, *xi = nullptr, *f1 = nullptr, *f2 = nullptr;  // [n]
  double *trial_eta = nullptr, *trial_xi = nullptr, *d_eta = nullptr, *d_xi = nullptr;
  double *old_eta = nullptr, *old_xi = nullptr;
  double* back = nullptr;    // [n, c + 2, c + 1]
  double* matrix = nullptr;  // scratch [(c + 2), (c + 2) + c + 1]
  double* carry = nullptr;   // scratch [c, c + 1]: relative change of y_in, constant last
  double* carry_next = nullptr;
  double* content = nullptr;  // [n, c] mol/h held at the beginning of a pseudo-time step
  double* pool = nullptr;     // [n, c] G of each species; null where bypass is
  double hold = 0.0;          // 1/dt times stage volume over flow

  GADOLIN_INLINE double bypass_of(const StageFlows& w, std::size_t at) const {
    return bypass == nullptr ? w.bypass : bypass[at];
  }
  GADOLIN_INLINE double pool_of(const StageFlows& w, std::size_t at) const {
    return pool == nullptr ? w.organic_pool : pool[at];
  }
  GADOLIN_INLINE double distribution(std::size_t at, std::size_t k, double xi, double eta,
                                     double x_free) const {
    const double shift = ln_d_shift == nullptr ? 0.0 : ln_d_shift[at];
    return std::exp(ln_distribution(law[k], xi, eta, x_free) + shift);
  }
};

/// x, y_in, y_out for the given eta, xi: one elimination per species.
template <class Team>
GADOLIN_HD GADOLIN_SEPARATION_CALL void transport(const Team& team, const BankView& b,
                                                  const double* eta, const double* xi) {
  team.for_each(static_cast<std::size_t>(b.c), [&](std::size_t k) {
    FromBelow below;
    for (int i = 0; i < b.n; ++i) {
      const std::size_t at = static_cast<std::size_t>(i) * b.c + k;
      const StageFlows& w = b.flows[i];
      const double d = b.distribution(at, k, xi[i], eta[i], std::exp(xi[i]));
      const double pool = b.pool_of(w, at);
      b.d[at] = d;
      below.s += b.feed_o[at];
      const double hold_a = b.hold * w.aqueous(), hold_o = b.hold * pool;
      const double source = b.feed_a[at] + (b.hold > 0.0 ? b.hold * b.content[at] : 0.0);
      FromBelow above;
      const StagePivot p =
          eliminate_stage(w, b.bypass_of(w, at), pool, d, hold_a, hold_o, source, below, above);
      b.fixed[at] = p.fixed;
      b.inverse_pivot[at] = p.pivot > 0.0 ? 1.0 / p.pivot : 0.0;
      b.kappa[at] = p.kappa;
      b.s_org[at] = below.s;
      b.t_org[at] = below.t;
      below = above;
    }
    double from_above = 0.0;
    for (int i = b.n - 1; i >= 0; --i) {
      const std::size_t at = static_cast<std::size_t>(i) * b.c + k;
      const StageFlows& w = b.flows[i];
      const double x = b.fixed[at] + from_above * b.inverse_pivot[at];
      StagePivot p;
      p.kappa = b.kappa[at];
      const double bypass = b.bypass_of(w, at), pool = b.pool_of(w, at);
      const double down = amount_down(w, bypass, pool, b.d[at], x, p, b.s_org[at]);
      const double entering = b.s_org[at] + b.t_org[at] * down;
      b.x[at] = x;
      b.y_in[at] = entering;
      b.y_out[at] = bypass * entering + pool * b.d[at] * x;
      from_above = down;
    }
  });
  team.barrier();
}

/// F1, F2 of every stage (S10).
template <class Team>
GADOLIN_HD void residuals(const Team& team, const BankView& b, const double* eta,
                          const double* xi) {
  team.for_each(static_cast<std::size_t>(b.n), [&](std::size_t i) {
    const StageFlows& w = b.flows[i];
    const std::size_t row = i * static_cast<std::size_t>(b.c);
    double px = 0.0, qy = 0.0;
    for (int k = 0; k < b.c; ++k) {
      px += b.law[k].protons * b.x[row + k];
      qy += b.law[k].dimers * b.y_out[row + k];
    }
    AcidBalance acid = b.acid;
    acid.sulfate = w.sulfate;
    const double h = std::exp(eta[i]);
    const double above = h + acid.bisulfate(h) + px + (w.charge < 0.0 ? -w.charge : 0.0);
    const double under = acid.kw / h + (w.charge > 0.0 ? w.charge : 0.0);
    b.f1[i] = std::log(above / under);
    b.f2[i] = std::log((std::exp(xi[i]) + qy / w.organic) / w.extractant);
  });
  team.barrier();
}

struct Merit {
  double squares = 0.0, largest = 0.0;
  int stage = 0, balance = 0;
};
/// Every member adds up alone, in one order: the same bits whatever the team.
GADOLIN_HD inline Merit merit_of(const BankView& b) {
  Merit m;
  for (int i = 0; i < b.n; ++i) {
    m.squares += b.f1[i] * b.f1[i] + b.f2[i] * b.f2[i];
    const double r1 = std::fabs(b.f1[i]), r2 = std::fabs(b.f2[i]);
    if (!(r1 <= m.largest)) {
      m.largest = r1;
      m.stage = i;
      m.balance = 0;
    }
    if (!(r2 <= m.largest)) {
      m.largest = r2;
      m.stage = i;
      m.balance = 1;
    }
  }
  if (!(m.squares < 1e300)) m.squares = m.largest = 1e300;
  return m;
}

/// Gauss elimination with row exchange of [rows, rows] and right sides [rows, right] behind it.
/// out  right sides solved in place; false if a pivot vanished
template <class Team>
GADOLIN_HD bool eliminate(const Team& team, double* m, int rows, int right) {
  const int width = rows + right;
  bool good = true;
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
    if (!(largest > 1e-280)) good = false;
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
    const double inverse = good ? 1.0 / m[j * width + j] : 0.0;
    if (Team::lanes > 1) {
      for (int r = j + 1; r < rows; ++r) {
        const double factor = m[r * width + j] * inverse;
        if (factor == 0.0) continue;
        double* GADOLIN_RESTRICT target = m + r * width;
        const double* GADOLIN_RESTRICT source = m + j * width;
        for (int q = j + 1; q < width; ++q) target[q] -= factor * source[q];
      }
    } else {
      const std::size_t columns = static_cast<std::size_t>(width - j - 1);
      team.for_each(static_cast<std::size_t>(rows - j - 1) * columns, [&](std::size_t e) {
        const std::size_t r = static_cast<std::size_t>(j) + 1 + e / columns;
        const std::size_t q = static_cast<std::size_t>(j) + 1 + e % columns;
        const double factor = m[r * width + j] * inverse;
        m[r * width + q] -= factor * m[j * width + q];
      });
    }
    team.barrier();
  }
  // Right sides: each member owns columns, so no barrier is needed inside.
  if (Team::lanes > 1) {
    for (int j = rows - 1; j >= 0; --j) {
      double* GADOLIN_RESTRICT target = m + j * width + rows;
      for (int l = j + 1; l < rows; ++l) {
        const double factor = m[j * width + l];
        if (factor == 0.0) continue;
        const double* GADOLIN_RESTRICT source = m + l * width + rows;
        for (int q = 0; q < right; ++q) target[q] -= factor * source[q];
      }
      const double inverse = good ? 1.0 / m[j * width + j] : 0.0;
      for (int q = 0; q < right; ++q) target[q] *= inverse;
    }
  } else {
    team.for_each(static_cast<std::size_t>(right), [&](std::size_t q) {
      for (int j = rows - 1; j >= 0; --j) {
        double sum = m[j * width + rows + q];
        for (int l = j + 1; l < rows; ++l) sum -= m[j * width + l] * m[l * width + rows + q];
        m[j * width + rows + q] = good ? sum / m[j * width + j] : 0.0;
      }
    });
    team.barrier();
  }
  return good;
}

/// Newton's direction d_eta, d_xi at eta, xi (x, y of transport() and F current).
/// With lambda = d ln x and upsilon = d ln y_in, stage i gives                        (S11)-(S13)
///   lambda + theta (a dxi - b deta) - phi upsilon = psi lambda(i+1),  upsilon = s + S lambda
///   dF1 = -F1, dF2 = -F2
/// eliminated upwards; entrainment enters the residuals in full, the direction only in part.
template <class Team>
GADOLIN_HD GADOLIN_SEPARATION_CALL bool direction(const Team& team, const BankView& b,
                                                  const double* eta, const double* xi) {
  const int c = b.c, rows = c + 2, right = c + 1, width = rows + right;
  bool good = true;
  double* carry = b.carry;
  double* next = b.carry_next;
  team.for_each(static_cast<std::size_t>(c) * right, [&](std::size_t e) { carry[e] = 0.0; });
  team.barrier();
  for (int i = 0; i < b.n; ++i) {
    const StageFlows& w = b.flows[i];
    const std::size_t row0 = static_cast<std::size_t>(i) * c;
    const double x_free = std::exp(xi[i]), h = std::exp(eta[i]);
    const double aqueous = w.aqueous() * (1.0 + b.hold);
    double* m = b.matrix;
    team.for_each(static_cast<std::size_t>(c), [&](std::size_t k) {
      double* line = m + k * width;
      for (int q = 0; q < width; ++q) line[q] = 0.0;
      const double x = b.x[row0 + k], d = b.d[row0 + k];
      const double pool = b.pool_of(w, row0 + k) * (1.0 + b.hold);
      const double den = x * (aqueous + pool * d);
      line[k] = 1.0;
      if (!(den > 0.0)) return;
      const double theta = pool * d / (aqueous + pool * d);
      line[c] = -theta * proton_slope(b.law[k], eta[i], x_free);
      line[c + 1] = theta * extractant_slope(b.law[k], eta[i], x_free);
      const double phi = (1.0 - b.bypass_of(w, row0 + k)) * b.y_in[row0 + k] / den;
      for (int j = 0; j < c; ++j) line[j] -= phi * carry[k * right + j];
      if (i + 1 < b.n) {
        const StageFlows& v = b.flows[i + 1];
        line[rows + k] =
            (v.aqueous_down + v.share_down * b.pool_of(v, row0 + c + k) * b.d[row0 + c + k]) *
            b.x[row0 + c + k] / den;
      }
      line[rows + c] = phi * carry[k * right + c];
    });
    team.for_each(2, [&](std::size_t which) {
      double* line = m + (static_cast<std::size_t>(c) + which) * width;
      for (int q = 0; q < width; ++q) line[q] = 0.0;
      AcidBalance acid = b.acid;
      acid.sulfate = w.sulfate;
      if (which == 0) {
        double px = 0.0;
        for (int k = 0; k < c; ++k) px += b.law[k].protons * b.x[row0 + k];
        const double above = h + acid.bisulfate(h) + px + (w.charge < 0.0 ? -w.charge : 0.0);
        const double under = acid.kw / h + (w.charge > 0.0 ? w.charge : 0.0);
        for (int k = 0; k < c; ++k) line[k] = b.law[k].protons * b.x[row0 + k] / above;
        line[c] = (h + acid.bisulfate_slope(h)) / above + acid.kw / h / under;
        line[rows + c] = -b.f1[i];
      } else {
        double total = x_free;
        for (int k = 0; k < c; ++k) total += b.law[k].dimers * b.y_out[row0 + k] / w.organic;
        line[c + 1] = x_free / total;
        line[rows + c] = -b.f2[i];
        for (int k = 0; k < c; ++k) {
          const double share = b.law[k].dimers / (w.organic * total);
          const double pooled = share * b.pool_of(w, row0 + k) * b.d[row0 + k] * b.x[row0 + k];
          line[k] += pooled;
          line[c] -= pooled * proton_slope(b.law[k], eta[i], x_free);
          line[c + 1] += pooled * extractant_slope(b.law[k], eta[i], x_free);
          const double bypass = b.bypass_of(w, row0 + k);
          if (bypass > 0.0) {
            const double passed = share * bypass * b.y_in[row0 + k];
            for (int j = 0; j < c; ++j) line[j] += passed * carry[k * right + j];
            line[rows + c] -= passed * carry[k * right + c];
          }
        }
      }
    });
    team.barrier();
    good = eliminate(team, m, rows, right) && good;
    // u_i = g + G lambda(i+1): kept for the way back; G has the sign of the right side.
    double* back = b.back + static_cast<std::size_t>(i) * rows * right;
    team.for_each(static_cast<std::size_t>(rows), [&](std::size_t r) {
      for (int q = 0; q < right; ++q) back[r * right + q] = m[r * width + rows + q];
    });
    team.barrier();
    if (i + 1 == b.n) break;
    team.for_each(static_cast<std::size_t>(c), [&](std::size_t k) {
      const double out = b.y_out[row0 + k];
      const double entering = b.y_in[row0 + c + k];
      double* line = next + k * right;
      if (!(out > 0.0) || !(entering > 0.0)) {
        for (int q = 0; q < right; ++q) line[q] = 0.0;
        return;
      }
      const double kept = w.share_up / entering;
      const double pooled = kept * b.pool_of(w, row0 + k) * b.d[row0 + k] * b.x[row0 + k];
      const double slope_h = proton_slope(b.law[k], eta[i], x_free);
      const double slope_x = extractant_slope(b.law[k], eta[i], x_free);
      for (int q = 0; q < right; ++q) {
        line[q] = pooled * (back[k * right + q] - slope_h * back[c * right + q] +
                            slope_x * back[(c + 1) * right + q]);
      }
      const double bypass = b.bypass_of(w, row0 + k);
      if (bypass > 0.0) {
        const double passed = kept * bypass * b.y_in[row0 + k];
        for (int q = 0; q < right; ++q) {
          double sum = q == c ? carry[k * right + c] : 0.0;
          for (int j = 0; j < c; ++j) sum += carry[k * right + j] * back[j * right + q];
          line[q] += passed * sum;
        }
      }
    });
    team.barrier();
    double* swap = carry;
    carry = next;
    next = swap;
  }
  // Upwards is done; back down. lambda of stage i+1 lies in the first c places of next.
  double* lambda = b.carry_next;
  double* lambda_next = b.carry;
  for (int i = b.n - 1; i >= 0; --i) {
    const double* back = b.back + static_cast<std::size_t>(i) * rows * right;
    const bool top = i + 1 == b.n;
    team.for_each(static_cast<std::size_t>(rows), [&](std::size_t r) {
      double sum = back[r * right + c];
      if (!top) {
        for (int j = 0; j < c; ++j) sum += back[r * right + j] * lambda[j];
      }
      if (r < static_cast<std::size_t>(c)) {
        lambda_next[r] = sum;
      } else if (r == static_cast<std::size_t>(c)) {
        b.d_eta[i] = sum;
      } else {
        b.d_xi[i] = sum;
      }
    });
    team.barrier();
    double* swap = lambda;
    lambda = lambda_next;
    lambda_next = swap;
  }
  return good;
}

/// Damped Newton at the current hold. Returns the largest |F| reached.
template <class Team>
GADOLIN_HD GADOLIN_SEPARATION_CALL Merit newton(const Team& team, const BankView& b, int cap,
                                                double target, int& count) {
  transport(team, b, b.eta, b.xi);
  residuals(team, b, b.eta, b.xi);
  Merit now = merit_of(b);
  team.barrier();
  int stalled = 0, crawling = 0;
  for (int it = 0; it < cap; ++it) {
    if (now.largest <= target || stalled > 1 || crawling > 4) break;
    ++count;
    if (!direction(team, b, b.eta, b.xi)) break;
    double longest = 0.0;
    for (int i = 0; i < b.n; ++i) {
      longest = std::fmax(longest, std::fmax(std::fabs(b.d_eta[i]), std::fabs(b.d_xi[i])));
    }
    if (!(longest < 1e300)) break;
    double scale = longest > 2.0 ? 2.0 / longest : 1.0;
    Merit next;
    bool better = false;
    for (int cut = 0; cut < 12; ++cut) {
      team.for_each(static_cast<std::size_t>(b.n), [&](std::size_t i) {
        b.trial_eta[i] = b.eta[i] + scale * b.d_eta[i];
        b.trial_xi[i] = b.xi[i] + scale * b.d_xi[i];
      });
      team.barrier();
      transport(team, b, b.trial_eta, b.trial_xi);
      residuals(team, b, b.trial_eta, b.trial_xi);
      next = merit_of(b);
      team.barrier();
      better = next.squares < (1.0 - 1e-4 * scale) * now.squares;
      if (better || now.largest < 1e-11) break;
      scale *= 0.5;
    }
    if (!better) {
      // Rounding level, or a wall: keep the better of the two and leave.
      transport(team, b, b.eta, b.xi);
      residuals(team, b, b.eta, b.xi);
      break;
    }
    if (scale < 0.02 && b.hold == 0.0) ++crawling;  // a narrow valley: leave it to march()
    stalled = next.largest > 0.5 * now.largest && next.largest < 1e-12 ? stalled + 1 : 0;
    team.for_each(static_cast<std::size_t>(b.n), [&](std::size_t i) {
      b.eta[i] = b.trial_eta[i];
      b.xi[i] = b.trial_xi[i];
    });
    team.barrier();
    now = next;
  }
  return now;
}

/// (eta, xi) of every stage by its own equilibrium, for the amounts b.fixed [mol/h] it holds in
/// contact and b.y_in [mol/h] that passes by in the organic.
template <class Team>
GADOLIN_HD GADOLIN_SEPARATION_CALL void settle(const Team& team, const BankView& b) {
  team.for_each(static_cast<std::size_t>(b.n), [&](std::size_t i) {
    const StageFlows& w = b.flows[i];
    const std::size_t row = i * static_cast<std::size_t>(b.c);
    double passed = 0.0;
    for (int k = 0; k < b.c; ++k) passed += b.law[k].dimers * b.y_in[row + k];
    StageProblem s;
    s.law = b.law;
    s.ln_d_shift = b.ln_d_shift == nullptr ? nullptr : b.ln_d_shift + row;
    s.pool = b.pool == nullptr ? nullptr : b.pool + row;
    s.total = b.fixed + row;
    s.species = b.c;
    s.aqueous = w.aqueous();
    s.organic_pool = w.organic_pool;
    s.organic = w.organic;
    s.charge = w.charge;
    s.extractant = std::fmax(w.extractant - passed / w.organic, 1e-3 * w.extractant);
    s.acid = b.acid;
    s.acid.sulfate = w.sulfate;
    s.convex = b.convex;
    StageState state;
    state.ln_h = b.eta[i];
    state.ln_x = b.xi[i];
    solve_stage(s, state);
    b.eta[i] = state.ln_h;
    b.xi[i] = state.ln_x;
  });
  team.barrier();
}

/// The state before the bank starts: every stage holds its mixed aqueous and organic feeds as if no
/// metal had moved (b.x and b.y_out scratch), then comes to equilibrium alone. (eta, xi), x, D.
template <class Team>
GADOLIN_HD void first_contact(const Team& team, const BankView& b) {
  team.for_each(static_cast<std::size_t>(b.n), [&](std::size_t i) {
    const StageFlows& w = b.flows[i];
    b.eta[i] = std::log(w.charge > 0.0 ? 0.3 * w.charge + 1e-4 : 1e-8);
    b.xi[i] = std::log(0.5 * w.extractant);
  });
  team.for_each(static_cast<std::size_t>(b.c), [&](std::size_t k) {
    double carried = 0.0;
    for (int i = b.n - 1; i >= 0; --i) {
      const std::size_t at = static_cast<std::size_t>(i) * b.c + k;
      const StageFlows& w = b.flows[i];
      const double x = (carried + b.feed_a[at]) / w.aqueous();
      b.fixed[at] = x * w.aqueous();
      carried = x * w.aqueous_down;
    }
    carried = 0.0;
    for (int i = 0; i < b.n; ++i) {
      const std::size_t at = static_cast<std::size_t>(i) * b.c + k;
      const StageFlows& w = b.flows[i];
      const double y = (carried + b.feed_o[at]) / w.organic;
      const double pool = b.pool_of(w, at);
      b.fixed[at] += y * pool;
      b.y_in[at] = y * (w.organic - pool);  // what bypasses
      carried = y * w.organic * w.share_up;
    }
  });
  team.barrier();
  settle(team, b);
  team.for_each(static_cast<std::size_t>(b.n), [&](std::size_t i) {
    const double x_free = std::exp(b.xi[i]);
    for (int k = 0; k < b.c; ++k) {
      const std::size_t at = i * static_cast<std::size_t>(b.c) + static_cast<std::size_t>(k);
      const StageFlows& w = b.flows[i];
      b.d[at] = b.distribution(at, static_cast<std::size_t>(k), b.xi[i], b.eta[i], x_free);
      b.x[at] = b.fixed[at] / (w.aqueous() + b.pool_of(w, at) * b.d[at]);
    }
  });
  team.barrier();
}

/// Implicit Euler in pseudo-time from the content b.x, b.d of the stages, steps growing from 0.05
/// stage volumes, until plain Newton takes over.
template <class Team>
GADOLIN_HD Merit march(const Team& team, BankView& b, double goal, double good_enough, int& count,
                       std::int32_t& steps, bool tight) {
  const std::size_t n = static_cast<std::size_t>(b.n);
  const std::size_t cells = n * static_cast<std::size_t>(b.c);
  const auto copy = [&](double* to_eta, double* to_xi, const double* eta, const double* xi) {
    team.for_each(n, [&](std::size_t i) {
      to_eta[i] = eta[i];
      to_xi[i] = xi[i];
    });
    team.barrier();
  };
  double dt = 0.05, try_steady_at = 10.0;
  Merit m;
  m.largest = 1e300;
  for (int step = 0; step < 300; ++step) {
    ++steps;
    team.for_each(cells, [&](std::size_t e) {
      const StageFlows& w = b.flows[e / static_cast<std::size_t>(b.c)];
      b.content[e] = b.x[e] * (w.aqueous() + b.pool_of(w, e) * b.d[e]);
    });
    copy(b.old_eta, b.old_xi, b.eta, b.xi);
    bool done = false;
    for (int shorter = 0; shorter < 14; ++shorter) {
      b.hold = 1.0 / dt;
      done = newton(team, b, tight ? 12 : 8, tight ? 1e-8 : 1e-3, count).largest <=
             (tight ? 1e-6 : 0.05);
      if (done) break;
      copy(b.eta, b.xi, b.old_eta, b.old_xi);
      dt *= 0.25;
    }
    if (!done) break;
    dt *= 3.0;
    if (dt < try_steady_at) continue;
    copy(b.old_eta, b.old_xi, b.eta, b.xi);
    b.hold = 0.0;
    m = newton(team, b, 25, goal, count);
    if (m.largest <= good_enough) return m;
    // Not near enough yet: on in time from where the transient stood.
    copy(b.eta, b.xi, b.old_eta, b.old_xi);
    b.hold = 3.0 / dt;
    transport(team, b, b.eta, b.xi);
    try_steady_at *= 10.0;
  }
  b.hold = 0.0;
  transport(team, b, b.eta, b.xi);
  residuals(team, b, b.eta, b.xi);
  m = merit_of(b);
  team.barrier();
  return m;
}

}  // namespace bank_detail

}  // namespace gadolin::separation
