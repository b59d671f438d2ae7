#include "app/separation/design_json.hpp"

#include <algorithm>

namespace gadolin::app {

nlohmann::ordered_json to_json(const separation::DesignResult& r) {
  nlohmann::ordered_json document;
  document["name"] = r.name;
  document["feasible"] = r.feasible;
  document["worst_evidence"] = to_string(r.worst_evidence);
  document["evidence"] = r.evidence;
  document["extraction_order"] = r.order;
  for (const auto& order : r.orders) {
    document["orders"].push_back({{"order", order.text}, {"cost", order.cost}});
  }
  for (const auto& reason : r.reasons) {
    document["reasons"].push_back({{"code", reason.code},
                                   {"cut", reason.cut},
                                   {"light", reason.light},
                                   {"heavy", reason.heavy},
                                   {"separation_factor", reason.separation_factor},
                                   {"quantity", reason.quantity},
                                   {"unit", reason.unit},
                                   {"needed", reason.needed},
                                   {"available", reason.available},
                                   {"best_purity_light", reason.best_purity_light},
                                   {"best_purity_heavy", reason.best_purity_heavy},
                                   {"text", reason.text}});
  }
  for (const auto& cut : r.cuts) {
    if (cut.result.banks.empty()) continue;
    document["cuts"].push_back({{"name", cut.name},
                                {"feed", cut.feed},
                                {"light_key", cut.light_key},
                                {"heavy_key", cut.heavy_key},
                                {"separation_factor", cut.seed.separation_factor},
                                {"fenske_stages", cut.fenske_stages},
                                {"extraction_stages", cut.extraction_stages},
                                {"scrub_stages", cut.scrub_stages},
                                {"strip_stages", cut.strip_stages},
                                {"solvent_l_per_h", cut.solvent_l_per_h},
                                {"extractant_molar", cut.extractant_molar},
                                {"saponified_fraction", cut.saponified_fraction},
                                {"scrub_l_per_h", cut.scrub_l_per_h},
                                {"scrub_acid_molar", cut.scrub_acid_molar},
                                {"strip_l_per_h", cut.strip_l_per_h},
                                {"strip_acid_molar", cut.strip_acid_molar},
                                {"loading_max", cut.loading_max},
                                {"phase_ratio_min", cut.phase_ratio_min},
                                {"phase_ratio_max", cut.phase_ratio_max},
                                {"light_up_mol_per_h", cut.light_up_mol_per_h},
                                {"light_up_limit_mol_per_h", cut.light_up_limit},
                                {"heavy_down_mol_per_h", cut.heavy_down_mol_per_h},
                                {"heavy_down_limit_mol_per_h", cut.heavy_down_limit}});
  }
  for (const auto& p : r.products) {
    if (p.name.empty()) continue;
    document["products"].push_back({{"name", p.name},
                                    {"elements", p.elements},
                                    {"purity_fraction", p.purity_fraction},
                                    {"purity_of_all_fraction", p.purity_of_all_fraction},
                                    {"recovery_fraction", p.recovery_fraction},
                                    {"target_purity", p.target_purity},
                                    {"target_recovery", p.target_recovery},
                                    {"meets_target", p.meets_target}});
  }
  double worst = 0.0;
  for (double closure : r.closure_relative) worst = std::max(worst, closure);
  document["closure_relative"] = worst;
  for (const auto& warning : r.warnings) {
    document["warnings"].push_back({{"code", warning.code}, {"text", warning.text}});
  }
  return document;
}

}  // namespace gadolin::app
