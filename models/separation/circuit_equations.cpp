#include "models/separation/circuit_equations.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <Eigen/SparseLU>

namespace gadolin::separation {

namespace {

using Sparse = Eigen::SparseMatrix<double>;
using Vector = Eigen::Map<Eigen::VectorXd>;

/// Where the unknowns of a stage stand.
struct Places {
  std::size_t c;
  std::size_t width() const { return 2 * c + 5; }
  std::size_t x(std::size_t i, std::size_t k) const { return i * width() + k; }
  std::size_t y(std::size_t i, std::size_t k) const { return i * width() + c + k; }
  std::size_t eta(std::size_t i) const { return i * width() + 2 * c; }
  std::size_t xi(std::size_t i) const { return i * width() + 2 * c + 1; }
  std::size_t charge(std::size_t i) const { return i * width() + 2 * c + 2; }
  std::size_t sulfate(std::size_t i) const { return i * width() + 2 * c + 3; }
  std::size_t extractant(std::size_t i) const { return i * width() + 2 * c + 4; }
};

/// Both sides of the charge balance at one stage (S10).
struct ChargeSides {
  double above = 0.0, under = 0.0;
};
ChargeSides charge_sides(const CircuitNetwork& net, const Places& at, const std::vector<double>& u,
                         std::size_t i, AcidBalance& acid) {
  acid = net.acid;
  acid.sulfate = u[at.sulfate(i)];
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
  std::vector<double> row_scale;
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
  for (double& s : scale_) s = std::max(s, 1e-30);
}
CircuitEquations::~CircuitEquations() = default;
CircuitEquations::CircuitEquations(CircuitEquations&&) noexcept = default;
CircuitEquations& CircuitEquations::operator=(CircuitEquations&&) noexcept = default;

StepTerms steady_terms(const CircuitNetwork& net) {
  StepTerms t;
  t.hold_aqueous.assign(net.stages, 0.0);
  t.hold_organic.assign(net.stages, 0.0);
  t.content.assign(net.stages * (net.species + 3), 0.0);
  t.pass_aqueous.assign(net.stages, 1.0);
  t.pass_organic.assign(net.stages, 1.0);
  t.rest_aqueous.assign(net.stages * (net.species + 2), 0.0);
  t.rest_organic.assign(net.stages * (net.species + 1), 0.0);
  t.rest_loop.assign(net.species + 1, 0.0);
  return t;
}

void CircuitEquations::inflow(const StepTerms& t, const std::vector<double>& u,
                              std::vector<double>& in) const {
  const CircuitNetwork& net = network_;
  const std::size_t c = net.species, n = net.stages, wide = c + 3;
  const Places at{c};
  in.assign(n * wide, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < c; ++k) {
      in[i * wide + k] = net.feed_aqueous[i * c + k] + net.feed_organic[i * c + k];
    }
    in[i * wide + c] = net.charge_in[i];
    in[i * wide + c + 1] = net.sulfate_in[i];
    in[i * wide + c + 2] = net.extractant_in[i];
  }
  for (const Passage& p : net.aqueous_passages) {
    const double pass = t.pass_aqueous[p.from];
    const double* rest = &t.rest_aqueous[p.from * (c + 2)];
    double* to = &in[p.to * wide];
    for (std::size_t k = 0; k < c; ++k) {
      to[k] += p.flow_l_per_h * (pass * u[at.x(p.from, k)] + rest[k]);
    }
    to[c] += p.flow_l_per_h * (pass * u[at.charge(p.from)] + rest[c]);
    to[c + 1] += p.flow_l_per_h * (pass * u[at.sulfate(p.from)] + rest[c + 1]);
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
    to[c + 2] += extractant;
  }
}

bool CircuitEquations::residual(const StepTerms& t, const std::vector<double>& u,
                                std::vector<double>& f) const {
  const CircuitNetwork& net = network_;
  const std::size_t c = net.species, n = net.stages, wide = c + 3;
  const Places at{c};
  std::vector<double> in;
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
    for (std::size_t k = 0; k < c; ++k) {
      const double x = u[at.x(i, k)], y = u[at.y(i, k)];
      const double d = std::exp(ln_distribution(net.laws[k], u[at.xi(i)], u[at.eta(i)], free));
      f[at.x(i, k)] = (t.hold_aqueous[i] + t.hold_organic[i] * d) * x - t.content[i * wide + k] -
                      t.weight * (in[i * wide + k] - a * x - o * y);
      f[at.y(i, k)] += o * y - net.pool[i * c + k] * d * x;
      bound += net.laws[k].dimers * y;
    }
    AcidBalance acid;
    const ChargeSides s = charge_sides(net, at, u, i, acid);
    const double total = free + bound, limit = u[at.extractant(i)];
    sound = sound && s.above > 0.0 && s.under > 0.0 && total > 0.0 && limit > 0.0;
    f[at.eta(i)] = s.above > 0.0 && s.under > 0.0 ? std::log(s.above / s.under) : 0.0;
    f[at.xi(i)] = total > 0.0 && limit > 0.0 ? std::log(total / limit) : 0.0;
    f[at.charge(i)] = t.hold_aqueous[i] * u[at.charge(i)] - t.content[i * wide + c] -
                      t.weight * (in[i * wide + c] - a * u[at.charge(i)]);
    f[at.sulfate(i)] = t.hold_aqueous[i] * u[at.sulfate(i)] - t.content[i * wide + c + 1] -
                       t.weight * (in[i * wide + c + 1] - a * u[at.sulfate(i)]);
    f[at.extractant(i)] = t.hold_organic[i] * limit - t.content[i * wide + c + 2] -
                          t.weight * (in[i * wide + c + 2] - o * limit);
  }
  return sound;
}

void CircuitEquations::solve_tracers(const StepTerms& t, std::vector<double>& u) const {
  const CircuitNetwork& net = network_;
  const std::size_t c = net.species, n = net.stages, wide = c + 3;
  const Places at{c};
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
  Eigen::MatrixXd right_a(static_cast<Eigen::Index>(n), 2),
      right_o(static_cast<Eigen::Index>(n), 1);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t m = 0; m < 3; ++m) {
      const double value = t.content[i * wide + c + m] + t.weight * in[i * wide + c + m];
      if (m < 2) {
        right_a(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(m)) = value;
      } else {
        right_o(static_cast<Eigen::Index>(i), 0) = value;
      }
    }
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
    u[at.sulfate(i)] = std::max(a(row, 1), 0.0);
    u[at.extractant(i)] = o(row, 0);
  }
}

bool CircuitEquations::factor(const StepTerms& t, const std::vector<double>& u) {
  const CircuitNetwork& net = network_;
  const std::size_t c = net.species, n = net.stages;
  const Places at{c};
  Matrix& m = *matrix_;
  m.entries.clear();
  m.row_scale.assign(unknowns(), 1.0);
  const auto put = [&](std::size_t row, std::size_t column, double value) {
    m.entries.emplace_back(static_cast<int>(row), static_cast<int>(column), value);
  };
  for (std::size_t i = 0; i < n; ++i) {
    const double eta = u[at.eta(i)], xi = u[at.xi(i)], free = std::exp(xi), h = std::exp(eta);
    const double a = net.aqueous[i], o = net.organic[i], w = t.weight;
    double total = free;
    for (std::size_t k = 0; k < c; ++k) {
      const SpeciesLaw& law = net.laws[k];
      const double x = u[at.x(i, k)];
      const double d = std::exp(ln_distribution(law, xi, eta, free));
      const double by_eta = -proton_slope(law, eta, free);
      const double by_xi = extractant_slope(law, eta, free);
      const double hold = t.hold_aqueous[i] + t.hold_organic[i] * d;
      put(at.x(i, k), at.x(i, k), hold + w * a);
      put(at.x(i, k), at.y(i, k), w * o);
      put(at.x(i, k), at.eta(i), t.hold_organic[i] * d * x * by_eta);
      put(at.x(i, k), at.xi(i), t.hold_organic[i] * d * x * by_xi);
      m.row_scale[at.x(i, k)] = 1.0 / (hold + w * (a + o));
      const double pool = net.pool[i * c + k] * d;
      put(at.y(i, k), at.y(i, k), o);
      put(at.y(i, k), at.x(i, k), -pool);
      put(at.y(i, k), at.eta(i), -pool * x * by_eta);
      put(at.y(i, k), at.xi(i), -pool * x * by_xi);
      m.row_scale[at.y(i, k)] = 1.0 / (o + pool);
      total += law.dimers * u[at.y(i, k)];
    }
    AcidBalance acid;
    const ChargeSides s = charge_sides(net, at, u, i, acid);
    const double q = u[at.charge(i)];
    for (std::size_t k = 0; k < c; ++k) {
      put(at.eta(i), at.x(i, k), net.laws[k].protons / s.above);
      put(at.xi(i), at.y(i, k), net.laws[k].dimers / total);
    }
    put(at.eta(i), at.eta(i), (h + acid.bisulfate_slope(h)) / s.above + acid.kw / h / s.under);
    put(at.eta(i), at.charge(i), q < 0.0 ? -1.0 / s.above : -1.0 / s.under);
    put(at.eta(i), at.sulfate(i), h / (acid.ka2 + h) / s.above);
    put(at.xi(i), at.xi(i), free / total);
    put(at.xi(i), at.extractant(i), -1.0 / u[at.extractant(i)]);
    put(at.charge(i), at.charge(i), t.hold_aqueous[i] + w * a);
    put(at.sulfate(i), at.sulfate(i), t.hold_aqueous[i] + w * a);
    put(at.extractant(i), at.extractant(i), t.hold_organic[i] + w * o);
    m.row_scale[at.charge(i)] = m.row_scale[at.sulfate(i)] = 1.0 / (t.hold_aqueous[i] + w * a);
    m.row_scale[at.extractant(i)] = 1.0 / (t.hold_organic[i] + w * o);
  }
  for (const Passage& p : net.aqueous_passages) {
    const double share = -t.weight * p.flow_l_per_h * t.pass_aqueous[p.from];
    for (std::size_t k = 0; k < c; ++k) put(at.x(p.to, k), at.x(p.from, k), share);
    put(at.charge(p.to), at.charge(p.from), share);
    put(at.sulfate(p.to), at.sulfate(p.from), share);
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
    e = {e.row(), e.col(), e.value() * m.row_scale[static_cast<std::size_t>(e.row())]};
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
}

void CircuitEquations::solve_transposed(std::vector<double>& right) const {
  // (S J)' z = g, so J' (S z) = g.
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
  const Places at{c};
  NewtonOutcome out;
  std::vector<double> f, trial;
  solve_tracers(terms, u);
  if (!residual(terms, u, f)) return out;
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
        const double floor = 1e-6 * scale_[k];
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
  const Places at{c};
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
  const std::vector<double> start = s.u;
  const StepTerms terms = steady_terms(net);
  const auto outcome = equations.newton(terms, s.u, 1e-11, 20, false);
  s.converged = outcome.converged;
  for (std::size_t i = 0; i < net.stages; ++i) {
    s.largest_change = std::max({s.largest_change, std::fabs(s.u[at.eta(i)] - start[at.eta(i)]),
                                 std::fabs(s.u[at.xi(i)] - start[at.xi(i)])});
  }
  return s;
}

}  // namespace gadolin::separation
