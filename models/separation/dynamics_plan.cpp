#include "models/separation/dynamics_plan.hpp"

#include "models/core/error.hpp"
#include "models/core/number_text.hpp"
#include "models/separation/check_circuit.hpp"

namespace gadolin::separation {

namespace {}  // namespace

void check_plan(const DynamicsPlan& plan) {
  const Circuit& circuit = plan.circuit;
  check_circuit(circuit);
  const auto wrong = [&](const char* code, const std::string& what, const std::string& remedy) {
    return Error(code, what, circuit.source_file, remedy, ExitCode::usage);
  };
  if (plan.banks.size() != circuit.banks.size()) {
    throw wrong("E-SEP-071",
                "hold-ups of " + std::to_string(plan.banks.size()) + " banks for " +
                    std::to_string(circuit.banks.size()),
                "give one for each bank");
  }
  if (!(plan.duration_h > 0.0) || !(plan.tolerance > 0.0) || plan.tolerance > 0.1) {
    throw wrong("E-SEP-071", "duration or tolerance of the dynamics not above 0",
                "give duration_h > 0 and a tolerance between 1e-12 and 0.1");
  }
  for (const DynamicStep& step : plan.steps) {
    bool found = false;
    for (const Bank& bank : circuit.banks) {
      if (bank.name != step.bank) continue;
      found = step.stream == "aqueous_in" || step.stream == "organic_in";
      for (const StageFeed& feed : bank.feeds) found = found || feed.name == step.stream;
    }
    const bool sound = step.at_h >= 0.0 && step.flow_factor.value_or(1.0) > 0.0 &&
                       step.grade_factor.value_or(1.0) >= 0.0;
    if (!found || !sound) {
      throw wrong("E-SEP-072",
                  "step at " + number_text(step.at_h) + " h: no stream \"" + step.stream +
                      "\" in a bank \"" + step.bank + "\", or a factor below 0",
                  "name aqueous_in, organic_in or a feed of the bank");
    }
  }
}

void apply_step(const DynamicStep& step, Circuit& circuit) {
  const auto aqueous = [&](AqueousStream& s) {
    s.flow_l_per_h *= step.flow_factor.value_or(1.0);
    for (double& m : s.molar) m *= step.grade_factor.value_or(1.0);
    if (step.acid_molar) s.h_molar = *step.acid_molar;
  };
  for (Bank& bank : circuit.banks) {
    if (bank.name != step.bank) continue;
    if (step.stream == "aqueous_in") aqueous(bank.aqueous_in);
    if (step.stream == "organic_in") {
      bank.organic_in.flow_l_per_h *= step.flow_factor.value_or(1.0);
    }
    for (StageFeed& feed : bank.feeds) {
      if (feed.name != step.stream) continue;
      if (feed.aqueous.flow_l_per_h > 0.0) aqueous(feed.aqueous);
      if (feed.organic.flow_l_per_h > 0.0) {
        feed.organic.flow_l_per_h *= step.flow_factor.value_or(1.0);
      }
    }
  }
}

std::string step_words(const DynamicStep& step) {
  std::string text = "step at " + number_text(step.at_h) + " h: " + step.bank + " " + step.stream;
  if (step.flow_factor) text += ", flow x " + number_text(*step.flow_factor);
  if (step.grade_factor) text += ", grade x " + number_text(*step.grade_factor);
  if (step.acid_molar) text += ", acid " + number_text(*step.acid_molar) + " mol/L";
  return text;
}

}  // namespace gadolin::separation
