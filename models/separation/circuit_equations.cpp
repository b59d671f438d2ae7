#include "models/separation/circuit_equations.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <Eigen/SparseLU>

namespace gadolin::separation {

namespace {

using Sparse = Eigen::SparseMatrix<double>;
using Vector = Eigen::Map<Eigen::VectorXd>;

/// Both sides of the charge balance at one stage (S10).
struct ChargeSides {
  double above = 0.0, under = 0.0;
};
ChargeSides charge_sides(const CircuitNetwork& net, const StagePlaces& at,
                         const std::vector<double>& u, std::size_t i, double bound_sulfate,
                         AcidBalance& acid) {
  acid = net.acid;
  acid.sulfate = std::max(0.0, u[at.sulfate(i)] - bound_sulfate);
  const double h = std::exp(u[at.eta(i)]), q = u[at.charge(i)];
  ChargeSides s;
  s.above = h + acid.bisulfate(h) + std::max(-q, 0.0);
  for (std::size_t k = 0; k < net.species; ++k) s.above += net.laws[k].protons * u[at.x(i, k)];
  s.under = acid.kw / h + std::max(q, 0.0);
  return s;
}

}  // namespace

struct CircuitEquations::Matrix {
  Eigen::SparseLU<Sparse, Eigen::COLAMDOrdering<int>> lu;
  bool analysed = false, factored = false;
  std::vector<double> row_scale, column_scale;
  std::vector<Eigen::Triplet<double>> entries;
};

CircuitEquations::CircuitEquations(CircuitNetwork network)
    : network_(std::move(network)), matrix_(std::make_unique<Matrix>()) {
  const std::size_t c = network_.species;
  scale_.assign(c, 0.0);
  // What a species could reach: the largest amount entering one stage over the flow leaving it.
  for (std::size_t i = 0; i < network_.stages; ++i) {
    for (std::size_t k = 0; k < c; ++k) {
      const double in = network_.feed_aqueous[i * c + k] + network_.feed_organic[i * c + k];
      scale_[k] = std::max(scale_[k], in / (network_.aqueous[i] + network_.organic[i]));
    }
  }
  if (network_.saponified >= 0) {
    double& s = scale_[static_cast<std::size_t>(network_.saponified)];
    s = std::max(s, network_.saponified_molar);
  }
  // Traces below this are followed, but hold up no step and no convergence.
  constexpr double trace_molar = 1e-12;
  for (double& s : scale_) s = std::max(s, trace_molar);
}
CircuitEquations::~CircuitEquations() = default;
CircuitEquations::CircuitEquations(CircuitEquations&&) noexcept = default;
CircuitEquations& CircuitEquations::operator=(CircuitEquations&&) noexcept = default;

struct CircuitEquations::Correction {
  bool sound = true;
  std::vector<double> shift;         ///< [species] added to ln D
  double bound_sulfate = 0.0;        ///< mol/L
  std::vector<std::size_t> columns;  ///< unknowns it depends on; empty without chemistry
  std::vector<double> slope;         ///< [columns, species + 1]: of the shifts, then of the sulfate
};

void CircuitEquations::correction(std::size_t i, const std::vector<double>& u,
                                  Correction& out) const {
  const StagePlaces at{network_.species};
  out.sound = true;
  out.bound_sulfate = 0.0;
  out.columns.clear();
  if (!network_.chemistry.active()) {
    out.shift.assign(network_.species, 0.0);
    return;
  }
  const AqueousAnswer answer = network_.chemistry.evaluate(
      {&u[at.x(i, 0)], std::exp(u[at.eta(i)]), u[at.salt(i)], u[at.sulfate(i)], u[at.fluoride(i)]});
  out.sound = answer.status == ItemStatus::ok;
  out.shift = answer.ln_d_shift;
  out.bound_sulfate = answer.bound_sulfate_molar;
  for (double s : out.shift) out.sound = out.sound && std::isfinite(s);
}

void CircuitEquations::correction_slopes(std::size_t i, const std::vector<double>& u,
                                         Correction& out) const {
  correction(i, u, out);
  if (!network_.chemistry.active()) return;
  const std::size_t c = network_.species;
  const StagePlaces at{c};
  std::vector<double> state(u.begin() + static_cast<std::ptrdiff_t>(at.x(i, 0)),
                            u.begin() + static_cast<std::ptrdiff_t>(at.x(i + 1, 0)));
  // Corrections vary on the scale of the ionic strength; a concentration never goes below 0.
  double size = std::exp(u[at.eta(i)]) + u[at.salt(i)] + u[at.sulfate(i)];
  for (std::size_t k = 0; k < c; ++k) size += std::max(u[at.x(i, k)], 0.0);
  const double d = 1e-4 * (size + 1e-3);
  const auto value = [&](std::size_t place, double v) {
    const double before = std::exchange(state[place], v);
    const AqueousAnswer answer =
        network_.chemistry.evaluate({state.data(), std::exp(state[at.eta(0)]), state[at.salt(0)],
                                     state[at.sulfate(0)], state[at.fluoride(0)]});
    state[place] = before;
    std::vector<double> all = answer.ln_d_shift;
    all.push_back(answer.bound_sulfate_molar);
    return all;
  };
  std::vector<double> here = out.shift;
  here.push_back(out.bound_sulfate);
  const auto column = [&](std::size_t place, double step, bool may_be_negative) {
    const double v = state[place];
    out.columns.push_back(i * at.width() + place);
    if (may_be_negative || v >= 2.0 * step) {
      const auto low = value(place, v - step), high = value(place, v + step);
      const auto low2 = value(place, v - 2.0 * step), high2 = value(place, v + 2.0 * step);
      for (std::size_t k = 0; k <= c; ++k) {
        out.slope.push_back((8.0 * (high[k] - low[k]) - (high2[k] - low2[k])) / (12.0 * step));
      }
      return;
    }
    const auto one = value(place, v + step), two = value(place, v + 2.0 * step);
    for (std::size_t k = 0; k <= c; ++k) {
      out.slope.push_back((4.0 * one[k] - 3.0 * here[k] - two[k]) / (2.0 * step));
    }
  };
  out.slope.clear();
  for (std::size_t k = 0; k < c; ++k) column(at.x(0, k), d, false);
  column(at.eta(0), 1e-4, true);
  column(at.salt(0), d, false);
  column(at.sulfate(0), d, false);
  column(at.fluoride(0), d, false);
}

void CircuitEquations::ln_distribution_at(std::size_t i, const std::vector<double>& u,
                                          std::vector<double>& ln_d) const {
  const StagePlaces at{network_.species};
  Correction add;
  correction(i, u, add);
  ln_d.resize(network_.species);
  const double xi = u[at.xi(i)];
  for (std::size_t k = 0; k < ln_d.size(); ++k) {
    ln_d[k] = ln_distribution(network_.laws[k], xi, u[at.eta(i)], std::exp(xi)) + add.shift[k];
  }
}

StepTerms steady_terms(const CircuitNetwork& net) {
  StepTerms t;
  t.hold_aqueous.assign(net.stages, 0.0);
  t.hold_organic.assign(net.stages, 0.0);
  const StagePlaces at{net.species};
  t.content.assign(net.stages * at.amounts(), 0.0);
  t.pass_aqueous.assign(net.stages, 1.0);
  t.pass_organic.assign(net.stages, 1.0);
  t.rest_aqueous.assign(net.stages * at.aqueous_amounts(), 0.0);
  t.rest_organic.assign(net.stages * (net.species + 1), 0.0);
  t.rest_loop.assign(net.species + 1, 0.0);
  return t;
}

void CircuitEquations::inflow(const StepTerms& t, const std::vector<double>& u,
                              std::vector<double>& in) const {
  const CircuitNetwork& net = network_;
  const std::size_t c = net.species, n = net.stages;
  const StagePlaces at{c};
  const std::size_t wide = at.amounts(), tracers = StagePlaces::aqueous_tracers;
  in.assign(n * wide, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < c; ++k) {
      in[i * wide + k] = net.feed_aqueous[i * c + k] + net.feed_organic[i * c + k];
    }
    for (std::size_t m = 0; m < tracers; ++m) {
      in[i * wide + c + m] = net.tracers_in[i * tracers + m];
    }
    in[i * wide + at.extractant_amount()] = net.extractant_in[i];
  }
  for (const Passage& p : net.aqueous_passages) {
    const double pass = t.pass_aqueous[p.from];
    const double* rest = &t.rest_aqueous[p.from * at.aqueous_amounts()];
    double* to = &in[p.to * wide];
    for (std::size_t k = 0; k < c; ++k) {
      to[k] += p.flow_l_per_h * (pass * u[at.x(p.from, k)] + rest[k]);
    }
    for (std::size_t m = 0; m < tracers; ++m) {
      to[c + m] += p.flow_l_per_h * (pass * u[at.tracer(p.from, m)] + rest[c + m]);
    }
  }
  for (const Passage& p : net.organic_passages) {
    const double tank = p.regenerated ? t.pass_loop : 1.0;
    const double pass = tank * t.pass_organic[p.from];
    const double* rest = &t.rest_organic[p.from * (c + 1)];
    double* to = &in[p.to * wide];
    const auto carried = [&](double value, std::size_t m) {
      return p.flow_l_per_h *
             (pass * value + tank * rest[m] + (p.regenerated ? t.rest_loop[m] : 0.0));
    };
    const double extractant = carried(u[at.extractant(p.from)], c);
    for (std::size_t k = 0; k < c; ++k) {
      if (p.regenerated && static_cast<int>(k) == net.saponified) {
        to[k] += net.saponified_per_extractant * extractant;
      } else {
        to[k] += carried(u[at.y(p.from, k)], k);
      }
    }
    to[at.extractant_amount()] += extractant;
  }
}

bool CircuitEquations::residual(const StepTerms& t, const std::vector<double>& u,
                                std::vector<double>& f) const {
  const CircuitNetwork& net = network_;
  const std::size_t c = net.species, n = net.stages;
  const StagePlaces at{c};
  const std::size_t wide = at.amounts();
  std::vector<double> in;
  Correction add;
  inflow(t, u, in);
  f.assign(unknowns(), 0.0);
  bool sound = true;
  // Organic that passes by: (1 - E) of the main organic entering, feeds included.
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < c; ++k) {
      f[at.y(i, k)] = -net.bypass[i * c + k] * net.feed_organic[i * c + k];
    }
  }
  for (const Passage& p : net.organic_passages) {
    if (!p.main) continue;
    const double tank = p.regenerated ? t.pass_loop : 1.0;
    const double pass = tank * t.pass_organic[p.from];
    const double* rest = &t.rest_organic[p.from * (c + 1)];
    const auto carried = [&](double value, std::size_t m) {
      return p.flow_l_per_h *
             (pass * value + tank * rest[m] + (p.regenerated ? t.rest_loop[m] : 0.0));
    };
    for (std::size_t k = 0; k < c; ++k) {
      const double bypass = net.bypass[p.to * c + k];
      if (bypass == 0.0) continue;
      const bool made = p.regenerated && static_cast<int>(k) == net.saponified;
      f[at.y(p.to, k)] -=
          bypass * (made ? net.saponified_per_extractant * carried(u[at.extractant(p.from)], c)
                         : carried(u[at.y(p.from, k)], k));
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    const double free = std::exp(u[at.xi(i)]);
    const double a = net.aqueous[i], o = net.organic[i];
    double bound = 0.0;
    correction(i, u, add);
    sound = sound && add.sound;
    for (std::size_t k = 0; k < c; ++k) {
      const double x = u[at.x(i, k)], y = u[at.y(i, k)];
      const double d =
          std::exp(ln_distribution(net.laws[k], u[at.xi(i)], u[at.eta(i)], free) + add.shift[k]);
      f[at.x(i, k)] = (t.hold_aqueous[i] + t.hold_organic[i] * d) * x - t.content[i * wide + k] -
                      t.weight * (in[i * wide + k] - a * x - o * y);
      f[at.y(i, k)] += o * y - net.pool[i * c + k] * d * x;
      bound += net.laws[k].dimers * y;
    }
    AcidBalance acid;
    const ChargeSides s = charge_sides(net, at, u, i, add.bound_sulfate, acid);
    const double total = free + bound, limit = u[at.extractant(i)];
    sound = sound && s.above > 0.0 && s.under > 0.0 && total > 0.0 && limit > 0.0;
    f[at.eta(i)] = s.above > 0.0 && s.under > 0.0 ? std::log(s.above / s.under) : 0.0;
    f[at.xi(i)] = total > 0.0 && limit > 0.0 ? std::log(total / limit) : 0.0;
    for (std::size_t m = 0; m < StagePlaces::aqueous_tracers; ++m) {
      const double value = u[at.tracer(i, m)];
      f[at.tracer(i, m)] = t.hold_aqueous[i] * value - t.content[i * wide + c + m] -
                           t.weight * (in[i * wide + c + m] - a * value);
    }
    const std::size_t e = i * wide + at.extractant_amount();
    f[at.extractant(i)] = t.hold_organic[i] * limit - t.content[e] - t.weight * (in[e] - o * limit);
  }
  return sound;
}

void CircuitEquations::solve_tracers(const StepTerms& t, std::vector<double>& u) const {
  const CircuitNetwork& net = network_;
  const std::size_t c = net.species, n = net.stages;
  const StagePlaces at{c};
  const std::size_t wide = at.amounts(), tracers = StagePlaces::aqueous_tracers;
  const auto index = [](std::size_t i) { return static_cast<int>(i); };
  std::vector<Eigen::Triplet<double>> aqueous, organic;
  for (std::size_t i = 0; i < n; ++i) {
    aqueous.emplace_back(index(i), index(i), t.hold_aqueous[i] + t.weight * net.aqueous[i]);
    organic.emplace_back(index(i), index(i), t.hold_organic[i] + t.weight * net.organic[i]);
  }
  for (const Passage& p : net.aqueous_passages) {
    aqueous.emplace_back(index(p.to), index(p.from),
                         -t.weight * p.flow_l_per_h * t.pass_aqueous[p.from]);
  }
  for (const Passage& p : net.organic_passages) {
    organic.emplace_back(
        index(p.to), index(p.from),
        -t.weight * p.flow_l_per_h * t.pass_organic[p.from] * (p.regenerated ? t.pass_loop : 1.0));
  }
  // The right sides: what enters when every unknown is 0.
  std::vector<double> in;
  inflow(t, std::vector<double>(unknowns(), 0.0), in);
  Eigen::MatrixXd right_a(static_cast<Eigen::Index>(n), static_cast<Eigen::Index>(tracers)),
      right_o(static_cast<Eigen::Index>(n), 1);
  for (std::size_t i = 0; i < n; ++i) {
    const auto value = [&](std::size_t m) {
      return t.content[i * wide + m] + t.weight * in[i * wide + m];
    };
    const auto row = static_cast<Eigen::Index>(i);
    for (std::size_t m = 0; m < tracers; ++m) {
      right_a(row, static_cast<Eigen::Index>(m)) = value(c + m);
    }
    right_o(row, 0) = value(at.extractant_amount());
  }
  const auto solved = [&](const std::vector<Eigen::Triplet<double>>& entries,
                          const Eigen::MatrixXd& right) {
    Sparse m(static_cast<int>(n), static_cast<int>(n));
    m.setFromTriplets(entries.begin(), entries.end());
    Eigen::SparseLU<Sparse, Eigen::COLAMDOrdering<int>> lu(m);
    return Eigen::MatrixXd(lu.solve(right));
  };
  const Eigen::MatrixXd a = solved(aqueous, right_a), o = solved(organic, right_o);
  for (std::size_t i = 0; i < n; ++i) {
    const auto row = static_cast<Eigen::Index>(i);
    u[at.charge(i)] = a(row, 0);
    for (std::size_t m = 1; m < tracers; ++m) {
      u[at.tracer(i, m)] = std::max(a(row, static_cast<Eigen::Index>(m)), 0.0);
    }
    u[at.extractant(i)] = o(row, 0);
  }
}

bool CircuitEquations::factor(const StepTerms& t, const std::vector<double>& u) {
  const CircuitNetwork& net = network_;
  const std::size_t c = net.species, n = net.stages;
  const StagePlaces at{c};
  Matrix& m = *matrix_;
  Correction add;
  m.entries.clear();
  m.row_scale.assign(unknowns(), 1.0);
  m.column_scale.assign(unknowns(), 1.0);
  const auto put = [&](std::size_t row, std::size_t column, double value) {
    m.entries.emplace_back(static_cast<int>(row), static_cast<int>(column), value);
  };
  for (std::size_t i = 0; i < n; ++i) {
    const double eta = u[at.eta(i)], xi = u[at.xi(i)], free = std::exp(xi), h = std::exp(eta);
    const double a = net.aqueous[i], o = net.organic[i], w = t.weight;
    double total = free;
    correction_slopes(i, u, add);
    for (std::size_t k = 0; k < c; ++k) {
      const SpeciesLaw& law = net.laws[k];
      const double x = u[at.x(i, k)];
      const double d = std::exp(ln_distribution(law, xi, eta, free) + add.shift[k]);
      const double by_eta = -proton_slope(law, eta, free);
      const double by_xi = extractant_slope(law, eta, free);
      const double hold = t.hold_aqueous[i] + t.hold_organic[i] * d;
      put(at.x(i, k), at.x(i, k), hold + w * a);
      put(at.x(i, k), at.y(i, k), w * o);
      put(at.x(i, k), at.eta(i), t.hold_organic[i] * d * x * by_eta);
      put(at.x(i, k), at.xi(i), t.hold_organic[i] * d * x * by_xi);
      m.row_scale[at.x(i, k)] = 1.0 / (t.hold_aqueous[i] + t.hold_organic[i] + w * (a + o));
      m.column_scale[at.x(i, k)] = 1.0 / (1.0 + d);  // x (1 + d) is of the size of x + y
      const double pool = net.pool[i * c + k] * d;
      put(at.y(i, k), at.y(i, k), o);
      put(at.y(i, k), at.x(i, k), -pool);
      put(at.y(i, k), at.eta(i), -pool * x * by_eta);
      put(at.y(i, k), at.xi(i), -pool * x * by_xi);
      for (std::size_t v = 0; v < add.columns.size(); ++v) {
        const double by = add.slope[v * (c + 1) + k];
        put(at.x(i, k), add.columns[v], t.hold_organic[i] * d * x * by);
        put(at.y(i, k), add.columns[v], -pool * x * by);
      }
      m.row_scale[at.y(i, k)] = 1.0 / o;
      total += law.dimers * u[at.y(i, k)];
    }
    AcidBalance acid;
    const ChargeSides s = charge_sides(net, at, u, i, add.bound_sulfate, acid);
    const double q = u[at.charge(i)];
    const double by_sulfate = h / (acid.ka2 + h) / s.above;
    for (std::size_t v = 0; v < add.columns.size(); ++v) {  // what metals hold binds no proton
      put(at.eta(i), add.columns[v], -by_sulfate * add.slope[v * (c + 1) + c]);
    }
    for (std::size_t k = 0; k < c; ++k) {
      put(at.eta(i), at.x(i, k), net.laws[k].protons / s.above);
      put(at.xi(i), at.y(i, k), net.laws[k].dimers / total);
    }
    put(at.eta(i), at.eta(i), (h + acid.bisulfate_slope(h)) / s.above + acid.kw / h / s.under);
    put(at.eta(i), at.charge(i), q < 0.0 ? -1.0 / s.above : -1.0 / s.under);
    put(at.eta(i), at.sulfate(i), by_sulfate);
    put(at.xi(i), at.xi(i), free / total);
    put(at.xi(i), at.extractant(i), -1.0 / u[at.extractant(i)]);
    for (std::size_t r = 0; r < StagePlaces::aqueous_tracers; ++r) {
      put(at.tracer(i, r), at.tracer(i, r), t.hold_aqueous[i] + w * a);
      m.row_scale[at.tracer(i, r)] = 1.0 / (t.hold_aqueous[i] + w * a);
    }
    put(at.extractant(i), at.extractant(i), t.hold_organic[i] + w * o);
    m.row_scale[at.extractant(i)] = 1.0 / (t.hold_organic[i] + w * o);
  }
  for (const Passage& p : net.aqueous_passages) {
    const double share = -t.weight * p.flow_l_per_h * t.pass_aqueous[p.from];
    for (std::size_t k = 0; k < c; ++k) put(at.x(p.to, k), at.x(p.from, k), share);
    for (std::size_t r = 0; r < StagePlaces::aqueous_tracers; ++r) {
      put(at.tracer(p.to, r), at.tracer(p.from, r), share);
    }
  }
  for (const Passage& p : net.organic_passages) {
    const double share =
        -p.flow_l_per_h * t.pass_organic[p.from] * (p.regenerated ? t.pass_loop : 1.0);
    for (std::size_t k = 0; k < c; ++k) {
      const bool made = p.regenerated && static_cast<int>(k) == net.saponified;
      const std::size_t column = made ? at.extractant(p.from) : at.y(p.from, k);
      const double value = made ? share * net.saponified_per_extractant : share;
      put(at.x(p.to, k), column, t.weight * value);
      if (p.main) put(at.y(p.to, k), column, net.bypass[p.to * c + k] * value);
    }
    put(at.extractant(p.to), at.extractant(p.from), t.weight * share);
  }
  for (auto& e : m.entries) {
    e = {e.row(), e.col(),
         e.value() * m.row_scale[static_cast<std::size_t>(e.row())] *
             m.column_scale[static_cast<std::size_t>(e.col())]};
  }
  const int size = static_cast<int>(unknowns());
  Sparse jacobian(size, size);
  jacobian.setFromTriplets(m.entries.begin(), m.entries.end());
  jacobian.makeCompressed();
  if (!m.analysed) {
    m.lu.analyzePattern(jacobian);
    m.analysed = true;
  }
  m.lu.factorize(jacobian);
  m.factored = m.lu.info() == Eigen::Success;
  return m.factored;
}

void CircuitEquations::forget_factor() { matrix_->factored = false; }

void CircuitEquations::solve(std::vector<double>& right) const {
  for (std::size_t e = 0; e < right.size(); ++e) right[e] *= matrix_->row_scale[e];
  Vector b(right.data(), static_cast<Eigen::Index>(right.size()));
  const Eigen::VectorXd solution = matrix_->lu.solve(b);
  b = solution;
  for (std::size_t e = 0; e < right.size(); ++e) right[e] *= matrix_->column_scale[e];
}

void CircuitEquations::solve_transposed(std::vector<double>& right) const {
  // (S J C)' z = C g, so J' (S z) = g.
  for (std::size_t e = 0; e < right.size(); ++e) right[e] *= matrix_->column_scale[e];
  Vector b(right.data(), static_cast<Eigen::Index>(right.size()));
  const Eigen::VectorXd solution = matrix_->lu.transpose().solve(b);
  b = solution;
  for (std::size_t e = 0; e < right.size(); ++e) right[e] *= matrix_->row_scale[e];
}

CircuitEquations::NewtonOutcome CircuitEquations::newton(const StepTerms& terms,
                                                         std::vector<double>& u, double tolerance,
                                                         int most_iterations, bool keep_factor) {
  const CircuitNetwork& net = network_;
  const std::size_t c = net.species;
  const StagePlaces at{c};
  NewtonOutcome out;
  std::vector<double> f, trial;
  solve_tracers(terms, u);
  if (!residual(terms, u, f)) return out;
  // Below this a correction by a fresh Jacobian that no longer shrinks is rounding: 1.4e-11 was
  // seen in circuits of the shipped plants, where D spans twenty decades.
  constexpr double rounding = 1e-10;
  // Least concentration a correction is measured against; traces carry a rounding of 1e-27 mol/L.
  constexpr double least_molar = 1e-15;
  double before = 1e300;
  bool fresh = false;
  for (int it = 0; it < most_iterations; ++it) {
    if (!(keep_factor && matrix_->factored) && !fresh) {
      if (!factor(terms, u)) return out;
      ++out.factors;
      fresh = true;
    }
    ++out.iterations;
    std::vector<double> step = f;
    solve(step);
    double longest = 0.0, size = 0.0;
    for (std::size_t i = 0; i < net.stages; ++i) {
      longest = std::max({longest, std::fabs(step[at.eta(i)]), std::fabs(step[at.xi(i)])});
      for (std::size_t k = 0; k < c; ++k) {
        const double floor = std::max(1e-6 * scale_[k], least_molar);
        size = std::max(size, std::fabs(step[at.x(i, k)]) / (std::fabs(u[at.x(i, k)]) + floor));
        size = std::max(size, std::fabs(step[at.y(i, k)]) / (std::fabs(u[at.y(i, k)]) + floor));
      }
    }
    size = std::max(size, longest);
    if (!(size < 1e300)) return out;
    double cut = longest > 1.5 ? 1.5 / longest : 1.0;
    bool sound = false;
    for (int shorter = 0; shorter < 8 && !sound; ++shorter) {
      trial = u;
      for (std::size_t e = 0; e < trial.size(); ++e) trial[e] -= cut * step[e];
      sound = residual(terms, trial, f);
      if (!sound) cut *= 0.5;
    }
    if (!sound) return out;
    u = trial;
    out.last_step = size;
    if (size <= tolerance) {
      out.converged = true;
      return out;
    }
    const double rate = size / before;
    before = size;
    if (it > 0 && fresh && rate > 0.5 && size <= rounding) {
      out.converged = true;
      return out;
    }
    if (!keep_factor) {
      fresh = false;
    } else if (it > 0 && rate > 0.3) {
      if (fresh && rate > 0.9 && it > 4) return out;
      matrix_->factored = false;
      fresh = false;
      before = 1e300;
    }
  }
  return out;
}

SteadyState steady_state(CircuitEquations& equations, const CircuitResult& result) {
  constexpr double ln10 = 2.302585092994045684;
  const CircuitNetwork& net = equations.network();
  const std::size_t c = net.species;
  const StagePlaces at{c};
  SteadyState s;
  s.u.assign(equations.unknowns(), 0.0);
  for (std::size_t b = 0; b < result.banks.size(); ++b) {
    const BankResult& bank = result.banks[b];
    for (std::size_t j = 0; j < bank.ph.size(); ++j) {
      const std::size_t i = net.first_stage[b] + j;
      for (std::size_t k = 0; k < c; ++k) {
        s.u[at.x(i, k)] = bank.aqueous_molar[j * c + k];
        s.u[at.y(i, k)] = bank.organic_molar[j * c + k];
      }
      s.u[at.eta(i)] = -ln10 * bank.ph[j];
      s.u[at.xi(i)] = std::log(bank.free_dimer_molar[j]);
    }
  }
  const StepTerms terms = steady_terms(net);
  if (net.chemistry.acid() >= 0) {  // there the reported pH is of the acid that is a species
    equations.solve_tracers(terms, s.u);
    for (std::size_t i = 0; i < net.stages; ++i) {
      s.u[at.eta(i)] = std::log(std::max(s.u[at.charge(i)], std::sqrt(net.acid.kw)));
    }
  }
  const std::vector<double> start = s.u;
  const auto outcome = equations.newton(terms, s.u, 1e-11, 20, false);
  s.converged = outcome.converged;
  for (std::size_t i = 0; i < net.stages; ++i) {
    s.largest_change = std::max({s.largest_change, std::fabs(s.u[at.eta(i)] - start[at.eta(i)]),
                                 std::fabs(s.u[at.xi(i)] - start[at.xi(i)])});
  }
  return s;
}

}  // namespace gadolin::separation
