#include "io/config/dynamics.hpp"

#include <algorithm>

#include "io/config/study_file.hpp"

namespace gadolin::config {

namespace {

using separation::DynamicsPlan;
using separation::DynamicStart;
using separation::DynamicStep;
using separation::HoldUp;
using separation::SettlerFlow;

/// Keys of a hold-up; what is absent stays as it was.
void hold_up(const TomlTable& t, HoldUp& h) {
  h.mixer_residence_min = t.number_or("mixer_residence_min", h.mixer_residence_min, positive);
  if (t.has("mixer_volume_l")) h.mixer_volume_l = t.number("mixer_volume_l", positive);
  if (t.has("mixer_aqueous_fraction")) {
    h.mixer_aqueous_fraction = t.number("mixer_aqueous_fraction", {0.01, 0.99});
  }
  if (t.has("settler_residence_min")) {
    h.settler_aqueous_residence_min = h.settler_organic_residence_min =
        t.number("settler_residence_min", not_negative);
  }
  h.settler_aqueous_residence_min =
      t.number_or("settler_aqueous_residence_min", h.settler_aqueous_residence_min, not_negative);
  h.settler_organic_residence_min =
      t.number_or("settler_organic_residence_min", h.settler_organic_residence_min, not_negative);
  const bool plug = h.settler == SettlerFlow::plug;
  h.settler = t.choice_or("settler_flow", plug ? "plug" : "tanks", {"tanks", "plug"}) == "plug"
                  ? SettlerFlow::plug
                  : SettlerFlow::tanks;
  h.settler_tanks = static_cast<int>(t.integer_or("settler_tanks", h.settler_tanks, 1, 1000));
}

DynamicsPlan plan_of(const TomlTable& root, const std::string& file, const std::string& text,
                     std::vector<InputFile>* records) {
  DynamicsPlan plan;
  const StudiedCircuit studied = studied_circuit(root, file, text, records);
  plan.circuit = studied.circuit;
  plan.name = studied.name;
  const TomlTable t = root.table("dynamics");
  std::vector<std::string> banks;
  for (const auto& bank : plan.circuit.banks) banks.push_back(bank.name);
  HoldUp common;
  hold_up(t, common);
  const bool own_residence = t.has("mixer_residence_min") || t.has("mixer_volume_l");
  for (const auto& bank : plan.circuit.banks) {
    plan.banks.push_back(common);
    if (!own_residence && bank.mixer_residence_s > 0.0) {
      plan.banks.back().mixer_residence_min = bank.mixer_residence_s / 60.0;
    }
  }
  const auto bank_of = [&](const TomlTable& table, const std::string& key) {
    const std::string name = table.choice(key, banks);
    return static_cast<std::size_t>(std::find(banks.begin(), banks.end(), name) - banks.begin());
  };
  for (const TomlTable& own : t.tables_or_none("bank")) {
    hold_up(own, plan.banks[bank_of(own, "name")]);
    own.finish();
  }
  plan.solvent_tank_min = t.number_or("solvent_tank_min", 0.0, not_negative);
  const std::string start = t.choice_or("start", "feed", {"feed", "water", "steady"});
  plan.start = start == "feed"    ? DynamicStart::feed
               : start == "water" ? DynamicStart::water
                                  : DynamicStart::steady;
  plan.duration_h = t.number("duration_h", positive);
  plan.until_steady = t.boolean_or("until_steady", true);
  plan.tolerance = t.number_or("tolerance", 1e-5, {1e-12, 0.1});
  for (const TomlTable& s : t.tables_or_none("step")) {
    DynamicStep step;
    step.at_h = s.number("at_h", not_negative);
    const auto& bank = plan.circuit.banks[bank_of(s, "bank")];
    step.bank = bank.name;
    std::vector<std::string> streams = {"aqueous_in", "organic_in"};
    for (const auto& feed : bank.feeds) streams.push_back(feed.name);
    step.stream = s.choice("stream", streams);
    if (s.has("flow_factor")) step.flow_factor = s.number("flow_factor", positive);
    if (s.has("grade_factor")) step.grade_factor = s.number("grade_factor", not_negative);
    if (s.has("acid_molar")) step.acid_molar = s.number("acid_molar");
    s.finish();
    plan.steps.push_back(step);
  }
  std::stable_sort(plan.steps.begin(), plan.steps.end(),
                   [](const DynamicStep& a, const DynamicStep& b) { return a.at_h < b.at_h; });
  for (const TomlTable& s : t.tables_or_none("specification")) {
    plan.specifications.push_back(
        {s.text("product"), s.texts("species"), s.number("purity_min", fraction)});
    s.finish();
  }
  t.finish();
  finish_study(root, studied, "uncertainty");
  return plan;
}

}  // namespace

DynamicsPlan read_dynamics(const std::string& path, std::vector<InputFile>* records) {
  return read_study(path, "dynamics", records, plan_of);
}

DynamicsPlan parse_dynamics(const std::string& text, const std::string& file,
                            std::vector<InputFile>* records) {
  return plan_of(TomlTable::parse(text, file), file, text, records);
}

}  // namespace gadolin::config
