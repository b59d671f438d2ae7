#include "app/result_json.hpp"

#include <cmath>

#include <fmt/format.h>

#include "app/identify_setup.hpp"
#include "app/quantify_setup.hpp"
#include "app/summation_setup.hpp"

namespace gadolin::app {

using Json = nlohmann::ordered_json;

namespace {

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json interval(const recovery::Interval& value) {
  return {{"p05", number(value.p05)},
          {"p50", number(value.p50)},
          {"p95", number(value.p95)},
          {"mean", number(value.mean)}};
}

}  // namespace

std::vector<std::string> split_list(const std::string& list) {
  std::vector<std::string> words;
  std::size_t start = 0;
  while (true) {
    const std::size_t comma = list.find(',', start);
    std::string word = list.substr(start, comma == std::string::npos ? comma : comma - start);
    const auto first = word.find_first_not_of(" \t");
    const auto last = word.find_last_not_of(" \t");
    words.push_back(first == std::string::npos ? "" : word.substr(first, last - first + 1));
    if (comma == std::string::npos) return words;
    start = comma + 1;
  }
}

std::string probability_text(const std::string& name, double value) {
  if (value < 0.001) return name + " < 0.001";
  if (value > 0.999) return name + " > 0.999";
  return fmt::format("{} = {:.3f}", name, value);
}

std::string to_text(const Json& document) {
  return document.dump(2, ' ', false, Json::error_handler_t::replace);
}

Json to_json(const std::vector<Warning>& warnings) {
  Json list = Json::array();
  for (const auto& warning : warnings)
    list.push_back({{"code", warning.code}, {"text", warning.text}});
  return list;
}

Json to_json(const Quantity& quantity) {
  Json value{{"state", to_string(quantity.state)}};
  const bool has_value =
      quantity.state == ValueState::measured || quantity.state == ValueState::above_range;
  value["value"] = has_value ? number(quantity.value) : Json(nullptr);
  value["u"] = quantity.u_known ? number(quantity.u_value) : Json(nullptr);
  value["lod"] = quantity.lod > 0.0 ? number(quantity.lod) : Json(nullptr);
  return value;
}

Json to_json(const diffraction::PatternResult& result) {
  Json row{{"id", result.id}, {"file", result.file}, {"status", to_string(result.status)}};
  const bool computed = diffraction::has_numbers(result);
  row["method"] = result.method;
  row["rwp"] = computed ? number(result.rwp) : Json(nullptr);
  row["gof"] = computed ? number(result.gof) : Json(nullptr);
  const auto stated = [&](double value) { return computed ? number(value) : Json(nullptr); };
  row["phases"] = Json::array();
  for (const auto& phase : result.phases) {
    row["phases"].push_back({{"name", phase.name},
                             {"weight_fraction", stated(phase.weight_fraction)},
                             {"u_stat", stated(phase.u_stat)},
                             {"u_total", stated(phase.u_total)},
                             {"lod", stated(phase.lod_weight_fraction)}});
    if (computed && phase.mu_per_cm > 0.0) {
      row["phases"].back()["mu_per_cm"] = number(phase.mu_per_cm);
      row["phases"].back()["density_g_per_cm3"] = number(phase.density_g_per_cm3);
    }
    const auto coefficients = [&](const char* key,
                                  const std::vector<diffraction::NamedValue>& values) {
      for (const auto& one : values) {
        row["phases"].back()[key][one.name] = {{"value", number(one.value)}, {"u", number(one.u)}};
      }
    };
    if (computed) {
      coefficients("harmonics", phase.harmonics);
      coefficients("stephens", phase.stephens);
      if (!phase.harmonics.empty()) {
        row["phases"].back()["texture_index"] = number(phase.texture_index);
      }
      if (!phase.stephens.empty()) {
        row["phases"].back()["strain_min"] = number(phase.strain_min);
        row["phases"].back()["strain_max"] = number(phase.strain_max);
      }
    }
    const std::size_t place = row["phases"].size() - 1;
    if (computed && place < result.quantification.u_protocol.size()) {
      row["phases"].back()["u_protocol"] = number(result.quantification.u_protocol[place]);
    }
    if (computed && phase.upper_limit_95 > 0.0) {
      row["phases"].back()["limit_95"] = number(phase.upper_limit_95);
    }
  }
  if (auto more = to_json(result.quantification); !more.empty()) row["quantification"] = more;
  if (auto sum = summation_json(result); !sum.empty()) row["summation"] = sum;
  if (result.identification) row["identification"] = to_json(*result.identification);
  row["warnings"] = to_json(result.warnings);
  if (!result.status_text.empty()) row["status_text"] = result.status_text;
  return row;
}

Json to_json(const assay::AssaySample& sample) {
  Json row{{"id", sample.id}, {"basis", assay::to_string(sample.basis)}};
  row["elements"] = Json::array();
  for (const auto& value : sample.values) {
    Json element{{"element", value.element},
                 {"reported_as", value.reported_as},
                 {"reported", value.reported_text},
                 {"method", value.method}};
    element["mass_fraction"] = to_json(value.mass_fraction);
    row["elements"].push_back(element);
  }
  row["warnings"] = to_json(sample.warnings);
  return row;
}

Json to_json(const origin::OriginResult& result) {
  Json row{{"id", result.id}, {"conclusion", result.conclusion}, {"text", result.conclusion_text}};
  row["none_of_these"] = number(result.posterior_unknown);
  row["prior_none_of_these"] = number(result.prior_unknown);
  row["in_china"] = number(result.posterior_in_china);
  row["sources"] = Json::array();
  for (const auto& source : result.sources) {
    if (row["sources"].size() >= 20) break;
    const bool evaluated = source.comparable && !result.elements_used.empty();
    row["sources"].push_back(
        {{"deposit", source.deposit_id},
         {"name", source.name},
         {"posterior", number(source.posterior)},
         {"comparable", source.comparable},
         {"typicality_p", evaluated ? number(source.typicality_p) : Json(nullptr)},
         {"log10_lr", evaluated ? number(source.log10_lr) : Json(nullptr)}});
  }
  row["groups"] = Json::array();
  for (const auto& group : result.groups) {
    row["groups"].push_back(
        {{"deposits", group.deposit_ids}, {"posterior", number(group.posterior)}});
  }
  row["elements_used"] = result.elements_used;
  row["library"] = {{"name", result.library_name},
                    {"version", result.library_version},
                    {"sha256", result.library_sha256}};
  row["warnings"] = to_json(result.warnings);
  return row;
}

Json to_json(const separation::CircuitResult& result) {
  Json row{
      {"name", result.name}, {"status", to_string(result.status)}, {"species", result.species}};
  if (!result.status_text.empty()) row["status_text"] = result.status_text;
  row["worst_evidence"] = separation::to_string(result.worst_evidence);
  row["closure_relative"] = result.closure_relative;
  row["banks"] = Json::array();
  for (const auto& bank : result.banks) {
    row["banks"].push_back({{"name", bank.name},
                            {"status", to_string(bank.status)},
                            {"stages", bank.ph.size()},
                            {"iterations", bank.iterations},
                            {"closure_relative", bank.closure_relative},
                            {"out_of_window", bank.out_of_window}});
    if (bank.chemistry_passes > 0) {
      row["banks"].back()["chemistry_passes"] = bank.chemistry_passes;
      row["banks"].back()["ionic_strength_molar"] = bank.ionic_strength_molar;
      row["banks"].back()["ph_activity"] = bank.ph_activity;
    }
  }
  row["products"] = Json::array();
  for (const auto& product : result.products) {
    row["products"].push_back({{"name", product.name},
                               {"phase", product.phase},
                               {"flow_l_per_h", number(product.flow_l_per_h)},
                               {"molar_flow_mol_per_h", product.molar_flow_mol_per_h},
                               {"recovery_fraction", product.recovery_fraction},
                               {"purity_fraction", product.purity_fraction}});
  }
  row["warnings"] = to_json(result.warnings);
  return row;
}

Json to_json(const recovery::RecoveryResult& result) {
  Json row{{"id", result.id},
           {"route", result.route},
           {"basis", result.basis},
           {"worst_evidence", result.worst_evidence},
           {"draws", result.draws}};
  row["treo_contained_kg_per_t"] = interval(result.treo_contained_kg_per_t);
  row["treo_recoverable_kg_per_t"] = interval(result.treo_recoverable_kg_per_t);
  row["compared"] = result.reconciled.degrees_of_freedom > 0;
  row["converged"] = result.reconciled.converged;
  row["conflict"] = result.reconciled.conflict;
  row["chi_square"] = number(result.reconciled.chi_square);
  row["degrees_of_freedom"] = result.reconciled.degrees_of_freedom;
  row["p_value"] = number(result.reconciled.p_value);
  const bool limited = result.reconciled.unmodelled_fraction_limit > 0.0;
  row["unmodelled_fraction"] = result.reconciled.unmodelled_fraction_known && !limited
                                   ? number(result.reconciled.unmodelled_fraction)
                                   : Json(nullptr);
  row["unmodelled_fraction_limit_95"] =
      limited ? number(result.reconciled.unmodelled_fraction_limit) : Json(nullptr);
  row["elements"] = Json::array();
  for (const auto& element : result.elements) {
    Json losses = Json::object();
    for (const auto& loss : element.losses) losses[loss.step] = interval(loss.lost_kg_per_t);
    row["elements"].push_back({{"element", element.element},
                               {"state", to_string(element.state)},
                               {"oxide", element.oxide},
                               {"contained_kg_per_t", interval(element.contained_kg_per_t)},
                               {"recoverable_kg_per_t", interval(element.recoverable_kg_per_t)},
                               {"recovery_fraction", interval(element.recovery_fraction)},
                               {"lost_kg_per_t", losses},
                               {"closure_relative", number(element.closure_relative)}});
  }
  row["warnings"] = to_json(result.warnings);
  return row;
}

}  // namespace gadolin::app
