#include "app/separation/plant_json.hpp"

#include <cmath>

namespace gadolin::app {

namespace {

using Json = nlohmann::ordered_json;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json balances_json(const std::vector<separation::PlantBalance>& balances) {
  Json rows = Json::array();
  for (const auto& b : balances) {
    rows.push_back({{"what", b.what},
                    {"in", number(b.in)},
                    {"out", number(b.out)},
                    {"unit", b.unit},
                    {"closure_relative", number(b.closure_relative)}});
  }
  return rows;
}

Json sum_json(const separation::CostSum& sum) {
  Json lines = Json::array();
  for (const auto& l : sum.lines) {
    Json row{{"group", l.group},
             {"item", l.item},
             {"quantity", number(l.quantity_per_year)},
             {"quantity_unit", l.quantity_unit}};
    if (l.priced) {
      row.update({{"low", l.low},
                  {"high", l.high},
                  {"date", l.price.date},
                  {"source", l.price.source},
                  {"grade", l.price.grade}});
    } else {
      row.update({{"low", nullptr}, {"high", nullptr}, {"why_not", l.why_not}});
    }
    lines.push_back(row);
  }
  return {{"market", sum.market}, {"currency", sum.currency}, {"low", sum.low}, {"mid", sum.mid},
          {"high", sum.high},     {"complete", sum.complete}, {"lines", lines}};
}

}  // namespace

Json to_json(const separation::PlantResult& result, const separation::PlantEquipment& equipment,
             const separation::PlantCost* cost) {
  Json row{{"name", result.name},
           {"status", result.status == ItemStatus::ok ? "ok" : "not_converged"},
           {"status_text", result.status_text},
           {"worst_evidence", separation::to_string(result.worst_evidence)},
           {"unknown", result.unknown}};
  row["products"] = Json::array();
  for (const auto& p : result.products) {
    row["products"].push_back({{"name", p.name},
                               {"stream", p.stream},
                               {"elements", p.elements},
                               {"oxide_kg_per_h", p.oxide_kg_per_h},
                               {"purity_fraction", p.purity_fraction},
                               {"purity_of_all_fraction", p.purity_of_all_fraction},
                               {"recovery_fraction", p.recovery_fraction},
                               {"meets_target", p.meets_target}});
  }
  row["balances"] = balances_json(result.balances);
  row["streams"] = Json::array();
  for (const auto& s : result.streams) {
    Json stream{{"name", s.name},
                {"from", s.from},
                {"to", s.to},
                {"role", separation::to_string(s.role)},
                {"phase", separation::to_string(s.stream.phase)},
                {"volume_l_per_h", s.stream.volume_l_per_h}};
    Json amounts = Json::object();
    for (std::size_t k = 0; k < result.components.size(); ++k) {
      if (s.stream.mol_per_h[k] != 0.0) {
        amounts[result.components[k].name] = number(s.stream.mol_per_h[k]);
      }
    }
    stream["mol_per_h"] = amounts;
    row["streams"].push_back(stream);
  }
  row["equipment"] = {{"stages", equipment.stages},
                      {"metal_in_plant_kg_oxide", equipment.metal_in_plant_kg_oxide},
                      {"metal_in_plant_days", equipment.metal_in_plant_days},
                      {"base_mol_per_kg", equipment.base_mol_per_kg},
                      {"acid_mol_per_kg", equipment.acid_mol_per_kg},
                      {"oxalate_mol_per_kg", equipment.oxalate_mol_per_kg},
                      {"water_l_per_kg", equipment.water_l_per_kg},
                      {"effluent_l_per_kg", equipment.effluent_l_per_kg},
                      {"salt_kg_per_kg", equipment.salt_kg_per_kg}};
  if (cost != nullptr) {
    row["cost"] = {{"operating", sum_json(cost->operating)},
                   {"revenue", sum_json(cost->revenue)},
                   {"capital", sum_json(cost->capital)},
                   {"metal_in_plant", sum_json(cost->metal)},
                   {"capital_class", cost->capital_class},
                   {"margin", cost->margin_stated ? number(cost->margin_per_year) : Json(nullptr)},
                   {"margin_text", cost->margin_text}};
  }
  return row;
}

}  // namespace gadolin::app
