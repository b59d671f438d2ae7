#include "models/recovery/check_inputs.hpp"

#include <cmath>
#include <set>
#include <string>

#include "models/core/element.hpp"

namespace gadolin::recovery {

void check_inputs(const std::vector<PhaseInput>& phases, const std::vector<double>& covariance,
                  const std::vector<ElementInput>& elements) {
  if (!covariance.empty() && covariance.size() != phases.size() * phases.size()) {
    throw Error("E-REC-001",
                "covariance holds " + std::to_string(covariance.size()) + " numbers for " +
                    std::to_string(phases.size()) + " phases",
                "", "give phases * phases numbers, row by row");
  }
  for (const double value : covariance) {
    if (!std::isfinite(value)) {
      throw Error("E-REC-005", "the covariance of the phase fractions holds no finite number", "",
                  "quantify again");
    }
  }
  for (const auto& element : elements) {
    const Quantity& q = element.mass_fraction;
    if (q.state == ValueState::not_measured) continue;
    if (!std::isfinite(q.value) || !std::isfinite(q.u_value) || !std::isfinite(q.lod) ||
        q.u_value < 0.0) {
      throw Error("E-REC-005",
                  "content of " + element.element + " is not finite or its uncertainty negative",
                  "", "leave the cell empty if it was not measured");
    }
  }
  double sum = 0.0;
  for (const auto& phase : phases) {
    if (!(phase.weight_fraction >= 0.0) || !std::isfinite(phase.weight_fraction)) {
      throw Error("E-REC-002", "weight fraction of " + phase.name + " is not a number >= 0", "",
                  "take the phase out or quantify again");
    }
    sum += phase.weight_fraction;
  }
  if (!phases.empty() && std::fabs(sum - 1.0) > 0.02) {
    throw Error("E-REC-002", "weight fractions sum to " + std::to_string(sum) + ", expected 1", "",
                "give fractions of the crystalline part");
  }
  std::set<std::string> seen;
  for (const auto& element : elements) {
    if (!atomic_number(element.element) || !seen.insert(element.element).second) {
      throw Error("E-REC-003", "element \"" + element.element + "\" is unknown or given twice", "",
                  "give each element once, by its symbol");
    }
  }
}

}  // namespace gadolin::recovery
