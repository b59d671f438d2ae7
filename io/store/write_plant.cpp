#include <algorithm>

#include "io/store/datasets.hpp"
#include "io/store/result_file.hpp"
#include "io/store/schema.hpp"
#include "io/store/write_circuit.hpp"
#include "models/separation/types_cost.hpp"

/// A plant: /sample_<id>/plant.
namespace gadolin::io {

namespace {

using hdf5::group;
using hdf5::Group;
using namespace separation;

/// Columns of a table, gathered row by row.
template <class Rows, class Get>
std::vector<double> numbers(const Rows& rows, Get&& get) {
  std::vector<double> column;
  for (const auto& row : rows) column.push_back(get(row));
  return column;
}
template <class Rows, class Get>
std::vector<std::string> texts(const Rows& rows, Get&& get) {
  std::vector<std::string> column;
  for (const auto& row : rows) column.push_back(get(row));
  return column;
}

void write_streams(hid_t parent, const PlantResult& result) {
  const Group table = group(parent, "streams", "NXcollection");
  const hid_t id = table.get();
  const auto& streams = result.streams;
  const auto text = [&](const char* name, auto&& get) {
    hdf5::write_texts(id, name, texts(streams, get));
  };
  const auto number = [&](const char* name, const char* units, auto&& get) {
    hdf5::write_numbers(id, name, numbers(streams, get), units);
  };
  text("name", [](const NamedStream& s) { return s.name; });
  text("from", [](const NamedStream& s) { return s.from; });
  text("to", [](const NamedStream& s) { return s.to; });
  text("role", [](const NamedStream& s) { return std::string(to_string(s.role)); });
  text("phase", [](const NamedStream& s) { return std::string(to_string(s.stream.phase)); });
  text("extractant_name", [](const NamedStream& s) { return s.stream.extractant; });
  number("volume_flow", "L/h", [](const NamedStream& s) { return s.stream.volume_l_per_h; });
  number("acid", "mol/L",
         [](const NamedStream& s) { return s.has_liquid() ? s.acid_molar : no_number(); });
  number("ph", "1", [](const NamedStream& s) { return s.has_liquid() ? s.ph : no_number(); });
  number("dry_mass_flow", "kg/h", [](const NamedStream& s) {
    return s.stream.phase == StreamPhase::solid ? s.dry_mass_kg_per_h : no_number();
  });
  number("extractant_flow", "mol/h", [](const NamedStream& s) {
    return s.stream.phase == StreamPhase::organic ? s.stream.extractant_mol_per_h : no_number();
  });
  number("rare_earth_flow", "mol/h", [](const NamedStream& s) { return s.rare_earth_mol_per_h; });
  hdf5::write_texts(id, "component",
                    texts(result.components, [](const Component& c) { return c.name; }));
  hdf5::write_texts(id, "element",
                    texts(result.components, [](const Component& c) { return c.element; }));
  hdf5::write_numbers(id, "charge",
                      numbers(result.components, [](const Component& c) { return c.charge; }), "1");
  hdf5::write_numbers(
      id, "molar_mass",
      numbers(result.components, [](const Component& c) { return c.molar_mass_g_per_mol; }),
      "g/mol");
  std::vector<double> flows;
  for (const NamedStream& s : streams) {
    for (std::size_t k = 0; k < result.components.size(); ++k) {
      // What no feed states is no zero.
      const double n = s.stream.mol_per_h[k];
      const bool unknown =
          n == 0.0 && std::find(result.unknown.begin(), result.unknown.end(),
                                result.components[k].element) != result.unknown.end();
      flows.push_back(unknown ? no_number() : n);
    }
  }
  hdf5::write_numbers(id, "molar_flow", flows, {streams.size(), result.components.size()}, "mol/h");
  hdf5::set_attribute_of(id, "molar_flow", "axes_text",
                         "[stream, component]; NaN: not stated by a feed");
}

void write_balances(hid_t parent, const std::vector<PlantBalance>& balances) {
  const Group table = group(parent, "balances", "NXcollection");
  const hid_t id = table.get();
  hdf5::write_texts(id, "what", texts(balances, [](const PlantBalance& b) { return b.what; }));
  hdf5::write_texts(id, "unit", texts(balances, [](const PlantBalance& b) { return b.unit; }));
  hdf5::write_numbers(id, "in", numbers(balances, [](const PlantBalance& b) { return b.in; }), "1");
  hdf5::write_numbers(id, "out", numbers(balances, [](const PlantBalance& b) { return b.out; }),
                      "1");
  hdf5::write_numbers(id, "closure_relative",
                      numbers(balances, [](const PlantBalance& b) { return b.closure_relative; }),
                      "1");
}

void write_units(hid_t parent, const PlantResult& result) {
  std::vector<std::string> groups;
  for (const UnitResult& unit : result.units) {
    groups.push_back("unit_" + std::to_string(groups.size() + 1));
    const Group made = group(parent, groups.back(), "NXprocess");
    const hid_t id = made.get();
    hdf5::write_text(id, "name", unit.name);
    hdf5::write_text(id, "kind", unit.kind);
    hdf5::write_code(id, "status", static_cast<int>(unit.status), hdf5::item_status_codes());
    hdf5::write_text(id, "status_text", unit.status_text);
    hdf5::write_number(id, "acid_gap_relative", unit.acid_gap_relative, "1");
    hdf5::write_number(id, "hydrogen", unit.hydrogen_mol_per_h, "mol/h");
    write_balances(id, unit.balances);
    if (!unit.has_circuit) continue;
    const Group circuit = group(id, "circuit", "NXprocess");
    write_circuit_group(circuit.get(), unit.circuit);
  }
  hdf5::write_texts(parent, "unit_groups", groups);
}

void write_products(hid_t parent, const std::vector<PlantProductResult>& products) {
  using P = PlantProductResult;
  const Group table = group(parent, "products", "NXcollection");
  const hid_t id = table.get();
  const auto number = [&](const char* name, const char* units, auto&& get) {
    hdf5::write_numbers(id, name, numbers(products, get), units);
  };
  hdf5::write_texts(id, "name", texts(products, [](const P& p) { return p.name; }));
  hdf5::write_texts(id, "stream", texts(products, [](const P& p) { return p.stream; }));
  hdf5::write_texts(id, "elements", texts(products, [](const P& p) {
                      std::string all;
                      for (const auto& e : p.elements) all += (all.empty() ? "" : " ") + e;
                      return all;
                    }));
  number("oxide_flow", "kg/h", [](const P& p) { return p.oxide_kg_per_h; });
  number("rare_earth_oxide_flow", "kg/h", [](const P& p) { return p.rare_earth_oxide_kg_per_h; });
  number("purity_fraction", "1", [](const P& p) { return p.purity_fraction; });
  number("purity_of_all_fraction", "1", [](const P& p) { return p.purity_of_all_fraction; });
  number("recovery_fraction", "1", [](const P& p) { return p.recovery_fraction; });
  number("target_purity_fraction", "1", [](const P& p) { return p.target_purity_fraction; });
}

void write_assumptions(hid_t parent, const std::vector<Assumption>& assumptions) {
  const Group table = group(parent, "assumptions", "NXcollection");
  const hid_t id = table.get();
  using A = Assumption;
  hdf5::write_texts(id, "name", texts(assumptions, [](const A& a) { return a.name; }));
  hdf5::write_numbers(id, "value", numbers(assumptions, [](const A& a) { return a.value; }), "1");
  hdf5::write_texts(id, "unit", texts(assumptions, [](const A& a) { return a.unit; }));
  hdf5::write_texts(id, "evidence", texts(assumptions, [](const A& a) {
                      return std::string(to_string(a.evidence));
                    }));
  hdf5::write_texts(id, "source", texts(assumptions, [](const A& a) { return a.source; }));
}

void write_equipment(hid_t parent, const PlantEquipment& e) {
  using B = BankEquipment;
  const Group table = group(parent, "equipment", "NXcollection");
  const hid_t id = table.get();
  const auto number = [&](const char* name, const char* units, auto&& get) {
    hdf5::write_numbers(id, name, numbers(e.banks, get), units);
  };
  hdf5::write_texts(id, "unit", texts(e.banks, [](const B& b) { return b.unit; }));
  hdf5::write_texts(id, "bank", texts(e.banks, [](const B& b) { return b.bank; }));
  number("stages", "1", [](const B& b) { return static_cast<double>(b.stages); });
  number("aqueous_flow", "m3/h", [](const B& b) { return b.aqueous_m3_per_h; });
  number("organic_flow", "m3/h", [](const B& b) { return b.organic_m3_per_h; });
  number("mixer_volume", "m3", [](const B& b) { return b.mixer_m3; });
  number("settler_area", "m2", [](const B& b) { return b.settler_m2; });
  number("aqueous_hold_up", "m3", [](const B& b) { return b.aqueous_hold_up_m3; });
  number("organic_hold_up", "m3", [](const B& b) { return b.organic_hold_up_m3; });
  number("rare_earth_hold_up", "kg oxide",
         [](const B& b) { return b.rare_earth_hold_up_kg_oxide; });
  const auto named = [&](const char* name, const char* units, const auto& pairs) {
    hdf5::write_texts(id, std::string(name) + "_of",
                      texts(pairs, [](const auto& p) { return p.first; }));
    hdf5::write_numbers(id, name, numbers(pairs, [](const auto& p) { return p.second; }), units);
  };
  named("solvent_inventory", "m3", e.solvent_m3);
  named("extractant_inventory", "mol", e.extractant_mol);
  named("metal_in_plant", "kg oxide", e.metal_kg_oxide);
  hdf5::write_number(id, "metal_in_plant_total", e.metal_in_plant_kg_oxide, "kg oxide");
  hdf5::write_number(id, "metal_in_plant_days", e.metal_in_plant_days, "d");
  hdf5::write_number(id, "power", e.power_kw, "kW");
  hdf5::write_number(id, "rare_earth_fed", e.rare_earth_fed_kg_oxide_per_h, "kg/h");
  hdf5::write_number(id, "product", e.product_kg_oxide_per_h, "kg/h");
  hdf5::write_number(id, "base", e.base_mol_per_kg, "mol/kg");
  hdf5::write_number(id, "acid", e.acid_mol_per_kg, "mol/kg");
  hdf5::write_number(id, "oxalate", e.oxalate_mol_per_kg, "mol/kg");
  hdf5::write_number(id, "water", e.water_l_per_kg, "L/kg");
  hdf5::write_number(id, "effluent", e.effluent_l_per_kg, "L/kg");
  hdf5::write_number(id, "salt", e.salt_kg_per_kg, "kg/kg");
  write_assumptions(id, e.assumptions);
}

void write_sum(hid_t parent, const char* name, const CostSum& sum) {
  using L = CostLine;
  const Group table = group(parent, name, "NXcollection");
  const hid_t id = table.get();
  hdf5::write_text(id, "market", sum.market);
  hdf5::write_text(id, "currency", sum.currency);
  hdf5::write_number(id, "low", sum.low, sum.currency);
  hdf5::write_number(id, "mid", sum.mid, sum.currency);
  hdf5::write_number(id, "high", sum.high, sum.currency);
  hdf5::write_number(id, "per_kg_product", sum.per_kg_product, sum.currency + "/kg");
  hdf5::write_integer(id, "complete", sum.complete ? 1 : 0, "1");
  const auto text = [&](const char* column, auto&& get) {
    hdf5::write_texts(id, column, texts(sum.lines, get));
  };
  const auto number = [&](const char* column, const std::string& units, auto&& get) {
    hdf5::write_numbers(id, column, numbers(sum.lines, get), units);
  };
  text("group", [](const L& l) { return l.group; });
  text("item", [](const L& l) { return l.item; });
  number("quantity", "1", [](const L& l) { return l.quantity_per_year; });
  text("quantity_unit", [](const L& l) { return l.quantity_unit; });
  number("line_low", sum.currency, [](const L& l) { return l.priced ? l.low : no_number(); });
  number("line_high", sum.currency, [](const L& l) { return l.priced ? l.high : no_number(); });
  number("price_low", "1", [](const L& l) { return l.priced ? l.price.low : no_number(); });
  number("price_high", "1", [](const L& l) { return l.priced ? l.price.high : no_number(); });
  text("price_per",
       [](const L& l) { return l.priced ? l.price.currency + "/" + l.price.per : std::string(); });
  text("date", [](const L& l) { return l.price.date; });
  text("basis", [](const L& l) { return l.price.basis; });
  text("source", [](const L& l) { return l.price.source; });
  text("grade", [](const L& l) { return l.price.grade; });
  text("note", [](const L& l) { return l.price.note; });
  text("why_not", [](const L& l) { return l.why_not; });
}

}  // namespace

void ResultFile::write_plant(const std::string& sample_id, const PlantResult& result,
                             const PlantEquipment& equipment, const PlantCost* cost) {
  const Group made = entry(sample_id, "plant");
  const Group plant = group(made.get(), "plant", "NXprocess");
  const hid_t id = plant.get();
  hdf5::write_text(id, "program", "gadolin");
  hdf5::write_text(id, "name", result.name);
  hdf5::write_text(id, "description", result.description);
  hdf5::write_code(id, "status", static_cast<int>(result.status), hdf5::item_status_codes());
  hdf5::write_text(id, "status_text", result.status_text);
  hdf5::write_text(id, "worst_evidence", to_string(result.worst_evidence));
  hdf5::write_texts(id, "evidence", result.evidence);
  hdf5::write_texts(id, "unknown", result.unknown);
  hdf5::write_text(id, "not_for_report", result.not_for_report);
  hdf5::write_texts(id, "torn", result.torn);
  hdf5::write_integer(id, "passes", result.passes, "1");
  hdf5::write_number(id, "loop_change", result.loop_change, "1");
  hdf5::write_number(id, "hours_per_year", result.hours_per_year, "h");
  write_streams(id, result);
  write_balances(id, result.balances);
  write_units(id, result);
  write_products(id, result.products);
  write_equipment(id, equipment);
  if (cost != nullptr) {
    const Group money = group(id, "cost", "NXcollection");
    hdf5::write_text(money.get(), "price_date", cost->settings.price_date);
    hdf5::write_text(money.get(), "capital_class", cost->capital_class);
    hdf5::write_integer(money.get(), "capital_year", cost->capital_year, "1");
    hdf5::write_text(money.get(), "margin_text", cost->margin_text);
    if (cost->margin_stated) {
      hdf5::write_number(money.get(), "margin", cost->margin_per_year, cost->revenue.currency);
    }
    hdf5::write_number(money.get(), "interest_per_year", cost->interest_per_year,
                       cost->metal.currency);
    write_sum(money.get(), "operating", cost->operating);
    write_sum(money.get(), "revenue", cost->revenue);
    write_sum(money.get(), "capital", cost->capital);
    write_sum(money.get(), "metal", cost->metal);
    write_assumptions(money.get(), cost->assumptions);
  }
  std::vector<Warning> warnings = result.warnings;
  if (cost != nullptr) {
    warnings.insert(warnings.end(), cost->warnings.begin(), cost->warnings.end());
  }
  write_warnings(id, warnings);
  add_journal("sample " + sample_id + " plant", 0, 0);
}

}  // namespace gadolin::io
