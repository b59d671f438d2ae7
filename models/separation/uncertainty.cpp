#include "models/separation/uncertainty.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "models/core/element.hpp"
#include "models/core/error.hpp"
#include "models/core/number_text.hpp"
#include "models/separation/check_circuit.hpp"
#include "models/separation/gradient.hpp"
#include "models/separation/sobol.hpp"
#include "models/separation/sobol_sequence.hpp"
#include "models/separation/stage_chemistry.hpp"
#include "models/separation/uncertainty_inputs.hpp"

namespace gadolin::separation {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double ln10 = 2.302585092994045684;

/// A product and species of the circuit, by their places.
struct Place {
  std::size_t product = 0;
  std::vector<std::size_t> species;
  std::string phase;
};

/// Amounts in one product of one cascade.
struct Amounts {
  const double* amount;    ///< [species] mol/h
  const double* recovery;  ///< [species]
};

/// The assessment of one plan.
class Run {
 public:
  Run(const UncertaintyPlan& plan, const Engine& engine, const UncertaintySink& sink)
      : plan_(plan),
        engine_(engine),
        sink_(sink),
        inputs_(inputs_of(plan)),
        products_(design_products(plan.circuit)),
        k_(inputs_.names.size()),
        per_row_(plan.sobol ? 2 + inputs_.of_circuit : 1) {}

  UncertaintyResult all() {
    head();
    const std::size_t cascades = plan_.rows * per_row_;
    result_.cascades = cascades;
    raw_.assign(plan_.outputs.size(), std::vector<double>(cascades, nan));
    met_.assign(specifications_.size() + 1, std::vector<std::uint8_t>(cascades, 0));
    solved_.assign(cascades, 0);
    solve_designs(
        inputs_.problem, cascades,
        [&](std::size_t first, std::size_t count, double* values) { fill(first, count, values); },
        [&](const DesignBlock& block) { take(block); }, engine_);
    nominal();
    first_order();
    summarise();
    judge();
    warn();
    result_.status = result_.independent > 0 ? ItemStatus::ok : ItemStatus::not_converged;
    if (result_.independent == 0) result_.status_text = "no cascade has an answer";
    return result_;
  }

 private:
  const UncertaintyPlan& plan_;
  const Engine& engine_;
  const UncertaintySink& sink_;
  UncertainInputs inputs_;
  std::vector<DesignProduct> products_;
  std::size_t k_, per_row_;
  std::vector<Place> outputs_, specifications_;
  std::vector<std::vector<std::uint32_t>> order_[2];  ///< Latin hypercube
  ScrambledSobol sequence_;                           ///< empty for other samplings
  std::vector<std::vector<double>> raw_;              ///< [outputs][cascades] without factors
  std::vector<std::vector<std::uint8_t>> met_;        ///< [specifications + all][cascades]
  std::vector<std::uint8_t> solved_;                  ///< [cascades]
  bool nominal_solved_ = false;
  std::size_t flagged_[5] = {0, 0, 0, 0, 0};
  std::vector<double> oxide_kg_per_mol_;
  UncertaintyResult result_;

  Place place_of(const std::string& product, const std::vector<std::string>& species,
                 const std::string& who) const {
    const auto missing = [&](const std::string& what, const std::string& known) {
      return Error("E-SEP-077", who + ": " + what, plan_.circuit.source_file, "known: " + known,
                   ExitCode::usage);
    };
    Place p;
    std::string known;
    bool found = false;
    for (std::size_t i = 0; i < products_.size(); ++i) {
      known += (known.empty() ? "" : ", ") + products_[i].name;
      if (found || products_[i].name != product) continue;
      // A draw has a column for each phase; the one that is drawn counts.
      bool drawn = true;
      for (const Bank& bank : plan_.circuit.banks) {
        for (const StageDraw& draw : bank.draws) {
          if (bank.name != products_[i].bank || draw.name != product) continue;
          drawn = products_[i].phase == "organic" ? draw.organic_fraction > 0.0
                                                  : draw.aqueous_fraction > 0.0;
        }
      }
      if (!drawn) continue;
      found = true;
      p.product = i;
      p.phase = products_[i].phase;
    }
    if (!found) throw missing("no product \"" + product + "\"", known);
    for (const std::string& name : species) {
      std::size_t k = 0;
      while (k < plan_.circuit.species.size() && plan_.circuit.species[k].name != name) ++k;
      if (k == plan_.circuit.species.size()) throw missing("no species " + name, "see use_species");
      p.species.push_back(k);
    }
    if (p.species.empty()) throw missing("no species given", "the species of the circuit");
    return p;
  }

  void head() {
    const Circuit& circuit = plan_.circuit;
    check_circuit(circuit);
    result_.name = plan_.name;
    result_.inputs = inputs_.names;
    result_.input_text = inputs_.words;
    result_.rows = plan_.rows;
    result_.seed = plan_.seed;
    result_.sampling = plan_.sampling == SampleKind::latin_hypercube ? "Latin hypercube"
                       : plan_.sampling == SampleKind::scrambled_sobol
                           ? "Sobol' sequence, Owen scrambling"
                           : "Monte Carlo, Philox4x32-10";
    if (plan_.rows < 2 || plan_.outputs.empty()) {
      throw Error("E-SEP-077", "fewer than 2 rows, or no output asked", circuit.source_file,
                  "give rows and an [[uncertainty.output]] or specification", ExitCode::usage);
    }
    for (const Species& s : circuit.species) {
      oxide_kg_per_mol_.push_back(is_rare_earth(s.name)
                                      ? 1e-3 * atomic_weight_g_per_mol(s.name) *
                                            element_to_oxide_factor(s.name, default_oxide(s.name))
                                      : 0.0);
      result_.worst_evidence = std::max(result_.worst_evidence, s.evidence);
    }
    if (plan_.constants) {
      result_.worst_evidence = std::max(result_.worst_evidence, circuit.uncertainty.evidence);
    }
    for (const UncertainOutput& out : plan_.outputs) {
      outputs_.push_back(place_of(out.product, out.species, "output " + out.name));
      const auto q = out.quantity;
      UncertaintyAnswer answer;
      answer.name = out.name;
      answer.unit = q == UncertainQuantity::recoverable ? "kg/h" : "1";
      answer.u_first_order = nan;
      result_.answers.push_back(answer);
    }
    for (const UncertainSpecification& spec : plan_.specifications) {
      specifications_.push_back(
          place_of(spec.product, spec.species, "specification of " + spec.product));
      UncertaintyVerdict verdict;
      verdict.text = spec.product + ":";
      for (const auto& name : spec.species) verdict.text += " " + name;
      if (spec.purity_min)
        verdict.text += " >= " + number_text(100.0 * *spec.purity_min, 6) + " % pure";
      if (spec.recovery_min) {
        verdict.text += (spec.purity_min ? ", " : " ") +
                        number_text(100.0 * *spec.recovery_min, 6) + " % recovered";
      }
      result_.verdicts.push_back(verdict);
    }
    if (specifications_.size() > 1) {
      UncertaintyVerdict all;
      all.text = "all together";
      result_.verdicts.push_back(all);
    }
    if (plan_.sampling == SampleKind::scrambled_sobol) {
      sequence_ = ScrambledSobol(plan_.seed, 2 * k_);
      if ((plan_.rows & (plan_.rows - 1)) != 0) {
        result_.warnings.push_back(
            {"W-SEP-071", std::to_string(plan_.rows) +
                              " rows of a Sobol' sequence are no power of two: less even than "
                              "they could be"});
      }
    }
    if (plan_.sampling == SampleKind::latin_hypercube) {
      for (int which = 0; which < 2; ++which) {
        for (std::size_t j = 0; j < k_; ++j) {
          order_[which].push_back(strata(plan_.seed, plan_.rows, j, which));
        }
      }
    }
  }

  double uniform(std::size_t row, std::size_t j, int which) const {
    if (sequence_.columns() > 0) {
      return sequence_.at(row, which == 0 ? j : k_ + j);
    }
    const double u = uniform_at(plan_.seed, row, j, which);
    if (order_[which].empty()) return u;
    return (static_cast<double>(order_[which][j][row]) + u) / static_cast<double>(plan_.rows);
  }

  /// u [k] of a cascade; `place` counts within its row: A, B, then A with one input of B.
  std::vector<double> point(std::size_t row, std::size_t place) const {
    std::vector<double> u(k_);
    for (std::size_t j = 0; j < k_; ++j) {
      u[j] = uniform(row, j, place == 1 || place == j + 2 ? 1 : 0);
    }
    return u;
  }

  void fill(std::size_t first, std::size_t count, double* values) const {
    const std::size_t columns = inputs_.problem.variables.size();
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t cascade = first + i;
      const auto u = point(cascade / per_row_, cascade % per_row_);
      inputs_.design(u.data(), values + i * columns);
    }
  }

  /// An answer without its factors.
  double value_of(UncertainQuantity q, const Place& p, const Amounts& a) const {
    double wanted = 0.0, all = 0.0, sum = 0.0, size = 0.0;
    std::vector<bool> mine(plan_.circuit.species.size(), false);
    for (std::size_t k : p.species) mine[k] = true;
    switch (q) {
      case UncertainQuantity::purity:
      case UncertainQuantity::log10_impurity:
        for (std::size_t k = 0; k < mine.size(); ++k) {
          if (!(oxide_kg_per_mol_[k] > 0.0)) continue;
          all += a.amount[k];
          if (!mine[k]) wanted += a.amount[k];
        }
        if (!(all > 0.0)) return nan;
        return q == UncertainQuantity::purity ? 1.0 - wanted / all : std::log10(wanted / all);
      case UncertainQuantity::recovery:
        for (std::size_t k : p.species) {
          // Fed amounts follow from what is there and its recovery, whatever the cascade.
          if (!(a.recovery[k] > 0.0)) continue;
          sum += a.amount[k];
          size += a.amount[k] / a.recovery[k];
        }
        return size > 0.0 ? sum / size : 0.0;
      case UncertainQuantity::recoverable:
        for (std::size_t k : p.species) sum += oxide_kg_per_mol_[k] * a.amount[k];
        return sum;
    }
    return nan;
  }

  void take(const DesignBlock& block) {
    UncertaintyBlock out;
    const std::size_t answers = plan_.outputs.size();
    for (std::size_t i = 0; i < block.count; ++i) {
      const std::size_t cascade = block.first + i;
      const bool solved = block.status[i] == ItemStatus::ok;
      solved_[cascade] = solved ? 1 : 0;
      if (block.status[i] == ItemStatus::out_of_range) {
        ++result_.out_of_range;
      } else if (!solved) {
        ++result_.not_converged;
      }
      const std::uint32_t bits[] = {flag_phase_ratio, flag_gel, flag_window, flag_no_separation,
                                    flag_retried};
      for (std::size_t f = 0; f < 5; ++f) flagged_[f] += (block.flags[i] & bits[f]) != 0 ? 1 : 0;
      if (!solved) continue;
      result_.worst_closure = std::max(result_.worst_closure, block.closure_relative[i]);
      const auto amounts_of = [&](const Place& p) {
        return Amounts{&block.amount_mol_per_h[block.at(i, p.product, 0)],
                       &block.recovery_fraction[block.at(i, p.product, 0)]};
      };
      for (std::size_t o = 0; o < answers; ++o) {
        raw_[o][cascade] =
            value_of(plan_.outputs[o].quantity, outputs_[o], amounts_of(outputs_[o]));
      }
      bool every = true;
      for (std::size_t s = 0; s < specifications_.size(); ++s) {
        const UncertainSpecification& spec = plan_.specifications[s];
        const Amounts a = amounts_of(specifications_[s]);
        bool met = true;
        if (spec.purity_min) {
          met =
              met && value_of(UncertainQuantity::purity, specifications_[s], a) >= *spec.purity_min;
        }
        if (spec.recovery_min) {
          met = met &&
                value_of(UncertainQuantity::recovery, specifications_[s], a) >= *spec.recovery_min;
        }
        met_[s][cascade] = met ? 1 : 0;
        every = every && met;
      }
      met_.back()[cascade] = every ? 1 : 0;
    }
    if (!sink_) return;
    UncertaintyColumns columns;
    columns.designs = inputs_.columns;
    for (const auto& answer : result_.answers) columns.answers.push_back(answer.name);
    for (const DesignProduct& p : products_) {
      columns.products.push_back(p.name);
      columns.product_phases.push_back(p.phase);
    }
    for (const Species& s : plan_.circuit.species) columns.species.push_back(s.name);
    out.first = block.first;
    out.count = block.count;
    out.designs.resize(block.count * inputs_.problem.variables.size());
    fill(block.first, block.count, out.designs.data());
    for (std::size_t i = 0; i < block.count; ++i) {
      const std::size_t cascade = block.first + i;
      const double factor = factor_of(cascade / per_row_, cascade % per_row_);
      for (std::size_t o = 0; o < answers; ++o) {
        out.answers.push_back(raw_[o][cascade] * (is_recoverable(o) ? factor : 1.0));
      }
    }
    out.status = block.status;
    out.flags = block.flags;
    out.amounts = block.amount_mol_per_h;
    sink_(columns, out);
  }

  bool is_recoverable(std::size_t o) const {
    return plan_.outputs[o].quantity == UncertainQuantity::recoverable;
  }
  double factor_of(std::size_t row, std::size_t place) const {
    return inputs_.factors.empty() ? 1.0 : inputs_.factor(point(row, place).data());
  }
  double nominal_factor() const {
    double product = 1.0;
    for (const ReadyValue& f : inputs_.factors) product *= f.mean();
    return product;
  }

  void nominal() {
    const DesignBlock block = solve_designs(inputs_.problem, inputs_.nominal(), engine_);
    nominal_solved_ = block.status.front() == ItemStatus::ok;
    for (std::size_t o = 0; o < outputs_.size(); ++o) {
      UncertaintyAnswer& answer = result_.answers[o];
      answer.nominal = nan;
      if (!nominal_solved_) continue;
      const Amounts a = {&block.amount_mol_per_h[block.at(0, outputs_[o].product, 0)],
                         &block.recovery_fraction[block.at(0, outputs_[o].product, 0)]};
      answer.nominal = value_of(plan_.outputs[o].quantity, outputs_[o], a) *
                       (is_recoverable(o) ? nominal_factor() : 1.0);
    }
  }

  /// u of every answer by the adjoint at the nominal design.
  void first_order() {
    if (!nominal_solved_) {
      result_.gradient_text = "no gradients: the nominal design has no answer";
      return;
    }
    std::vector<CircuitOutput> asked;
    for (std::size_t o = 0; o < outputs_.size(); ++o) {
      const Place& p = outputs_[o];
      CircuitOutput out;
      out.product = products_[p.product].name;
      out.phase = p.phase;
      if (is_recoverable(o)) {
        out.quantity = OutputQuantity::amount;
        for (std::size_t k : p.species) {
          out.species = {k};
          asked.push_back(out);
        }
        continue;
      }
      out.quantity = plan_.outputs[o].quantity == UncertainQuantity::recovery
                         ? OutputQuantity::recovery
                         : OutputQuantity::log10_impurity;
      out.species = p.species;
      asked.push_back(out);
    }
    const CircuitGradients g = gradients(inputs_.problem, inputs_.nominal(), asked, engine_);
    if (g.status != ItemStatus::ok) {
      result_.gradient_text = "no gradients: " + g.status_text;
      return;
    }
    const std::size_t columns = inputs_.problem.variables.size(), c = plan_.circuit.species.size();
    std::size_t next = 0;
    for (std::size_t o = 0; o < outputs_.size(); ++o) {
      std::vector<double> slope(columns, 0.0);
      double value = 0.0;
      const std::size_t many = is_recoverable(o) ? outputs_[o].species.size() : 1;
      for (std::size_t i = 0; i < many; ++i, ++next) {
        double weight = 1.0;
        if (is_recoverable(o)) {
          weight = oxide_kg_per_mol_[outputs_[o].species[i]];
        } else if (plan_.outputs[o].quantity == UncertainQuantity::purity) {
          weight = -ln10 * std::pow(10.0, g.value[next]);  // d(1 - 10^L)
        }
        value += weight * g.value[next];
        for (std::size_t v = 0; v < columns; ++v) {
          slope[v] += weight * g.gradient[next * columns + v];
        }
      }
      double squares = 0.0;
      for (std::size_t j = 0; j < inputs_.constants; ++j) {
        double sum = 0.0;
        for (std::size_t k = 0; k < c; ++k) {
          sum += inputs_.loading[k * inputs_.constants + j] * slope[k];
        }
        squares += sum * sum;
      }
      for (std::size_t v = 0; v < inputs_.variables.size(); ++v) {
        const double part = slope[c + v] * inputs_.variables[v].u();
        squares += part * part;
      }
      if (is_recoverable(o)) {
        squares *= nominal_factor() * nominal_factor();
        for (const ReadyValue& f : inputs_.factors) {
          const double part = value * nominal_factor() * f.u() / f.mean();
          squares += part * part;
        }
      }
      result_.answers[o].u_first_order = std::sqrt(squares);
    }
  }

  /// Cascades of rows A and B: independent draws.
  std::vector<std::size_t> draws() const {
    std::vector<std::size_t> found;
    for (std::size_t row = 0; row < plan_.rows; ++row) {
      found.push_back(row * per_row_);
      if (plan_.sobol) found.push_back(row * per_row_ + 1);
    }
    return found;
  }

  void summarise() {
    for (std::size_t cascade : draws()) {
      ++result_.asked;
      result_.independent += solved_[cascade];
    }
    for (std::size_t o = 0; o < outputs_.size(); ++o) {
      UncertaintyAnswer& answer = result_.answers[o];
      std::vector<double> values;
      for (std::size_t cascade : draws()) {
        const double value = raw_[o][cascade];
        if (!std::isfinite(value)) continue;
        values.push_back(
            value * (is_recoverable(o) ? factor_of(cascade / per_row_, cascade % per_row_) : 1.0));
      }
      answer.mean = answer.u = answer.q05 = answer.q50 = answer.q95 = nan;
      if (values.size() > 1) {
        const auto n = static_cast<double>(values.size());
        double sum = 0.0, squares = 0.0;
        for (double v : values) sum += v;
        answer.mean = sum / n;
        for (double v : values) squares += (v - answer.mean) * (v - answer.mean);
        answer.u = std::sqrt(squares / (n - 1.0));
        std::sort(values.begin(), values.end());
        const auto quantile = [&](double p) {
          const double place = p * (n - 1.0);
          const auto i = static_cast<std::size_t>(place);
          const double share = place - static_cast<double>(i);
          return i + 1 < values.size() ? (1.0 - share) * values[i] + share * values[i + 1]
                                       : values[i];
        };
        answer.q05 = quantile(0.05);
        answer.q50 = quantile(0.5);
        answer.q95 = quantile(0.95);
      }
      if (plan_.sobol) indices(o);
    }
  }

  void indices(std::size_t o) {
    const std::size_t n = plan_.rows;
    std::vector<double> a(n), b(n), ab(k_ * n);
    for (std::size_t r = 0; r < n; ++r) {
      const double plain = raw_[o][r * per_row_];
      const bool with = is_recoverable(o);
      a[r] = plain * (with ? factor_of(r, 0) : 1.0);
      b[r] = raw_[o][r * per_row_ + 1] * (with ? factor_of(r, 1) : 1.0);
      for (std::size_t j = 0; j < k_; ++j) {
        const bool circuit = j < inputs_.of_circuit;
        const double value = circuit ? raw_[o][r * per_row_ + 2 + j] : plain;
        ab[j * n + r] = value * (with ? factor_of(r, 2 + j) : 1.0);
      }
    }
    const SobolIndices s = sobol_indices(a, b, ab, k_, plan_.seed, plan_.bootstrap);
    result_.rows_lost = std::max(result_.rows_lost, n - s.rows);
    UncertaintyAnswer& answer = result_.answers[o];
    answer.first = s.first;
    answer.first_low = s.first_low;
    answer.first_high = s.first_high;
    answer.total = s.total;
    answer.total_low = s.total_low;
    answer.total_high = s.total_high;
  }

  void judge() {
    for (std::size_t s = 0; s < result_.verdicts.size(); ++s) {
      UncertaintyVerdict& verdict = result_.verdicts[s];
      const auto& met = s < specifications_.size() ? met_[s] : met_.back();
      for (std::size_t cascade : draws()) verdict.met += met[cascade] != 0 ? 1 : 0;
      const std::size_t n = result_.independent;
      verdict.probability = n > 0 ? static_cast<double>(verdict.met) / static_cast<double>(n) : nan;
      const BinomialInterval interval = binomial_interval(verdict.met, n);
      verdict.low = interval.low;
      verdict.high = interval.high;
      verdict.low_if_failed_miss = binomial_interval(verdict.met, result_.asked).low;
    }
  }

  void warn() {
    const auto share = [&](std::size_t count) {
      char text[64];
      std::snprintf(text, sizeof text, "%.3g %% of the cascades",
                    100.0 * static_cast<double>(count) / static_cast<double>(result_.cascades));
      return std::string(text);
    };
    result_.retried = flagged_[4];
    const std::size_t failed = result_.not_converged + result_.out_of_range;
    if (failed > 0) {
      result_.warnings.push_back(
          {"W-SEP-070", std::to_string(failed) + " of " + std::to_string(result_.cascades) +
                            " cascades have no answer (" + std::to_string(result_.out_of_range) +
                            " out of range); quantiles and probabilities rest on the others"});
    }
    const char* codes[] = {"W-SEP-001", "W-SEP-002", "W-SEP-003", "W-SEP-005"};
    const char* words[] = {": O/A of a stage outside what is credible",
                           ": loading above the gel limit, a third phase is likely",
                           ": a distribution line is used outside its window",
                           ": nearly all rare earths leave in one product"};
    for (std::size_t f = 0; f < 4; ++f) {
      if (flagged_[f] > 0) result_.warnings.push_back({codes[f], share(flagged_[f]) + words[f]});
    }
    if (result_.worst_evidence >= EvidenceClass::estimated) {
      result_.warnings.push_back(
          {"W-SEP-004", std::string("constants or their uncertainties are of class ") +
                            to_string(result_.worst_evidence) + ": the spread is only as good"});
    }
  }
};

}  // namespace

UncertaintyResult assess_uncertainty(const UncertaintyPlan& plan, const Engine& engine,
                                     const UncertaintySink& sink) {
  return Run(plan, engine, sink).all();
}

}  // namespace gadolin::separation
