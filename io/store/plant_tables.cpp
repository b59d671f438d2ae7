#include "io/store/plant_tables.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>

#include <fmt/format.h>

#include "models/core/element.hpp"

namespace gadolin::io {

namespace {

using namespace separation;

/// A CSV row by row; numbers with all their digits, no number = empty cell.
class Csv {
 public:
  Csv& cell(const std::string& text) {
    if (!first_) text_ += ',';
    first_ = false;
    if (text.find_first_of(",\"\n") == std::string::npos) {
      text_ += text;
    } else {
      text_ += '"';
      for (char c : text) text_ += c == '"' ? "\"\"" : std::string(1, c);
      text_ += '"';
    }
    return *this;
  }
  Csv& cell(double value) {
    return cell(std::isfinite(value) ? fmt::format("{:.10g}", value) : "");
  }
  Csv& cell(int value) { return cell(std::to_string(value)); }
  Csv& none() { return cell(std::string()); }
  Csv& end() {
    text_ += '\n';
    first_ = true;
    return *this;
  }
  template <class... Cells>
  Csv& row(const Cells&... cells) {
    (cell(cells), ...);
    return end();
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  bool first_ = true;
};

bool unknown(const PlantResult& result, std::size_t k, double amount) {
  return amount == 0.0 && std::find(result.unknown.begin(), result.unknown.end(),
                                    result.components[k].element) != result.unknown.end();
}

/// Components that flow anywhere.
std::vector<std::size_t> present(const PlantResult& result) {
  std::vector<std::size_t> all;
  for (std::size_t k = 0; k < result.components.size(); ++k) {
    const bool any = std::any_of(result.streams.begin(), result.streams.end(),
                                 [&](const auto& s) { return s.stream.mol_per_h[k] != 0.0; });
    if (any) all.push_back(k);
  }
  return all;
}

std::string file_name(std::string text) {
  for (char& c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return text;
}

std::string profile(const BankResult& bank) {
  Csv csv;
  csv.cell("stage")
      .cell("pH")
      .cell("loading (fraction of capacity)")
      .cell("free extractant (mol/L)");
  csv.cell("aqueous flow (L/h)").cell("organic flow (L/h)");
  for (const auto& s : bank.species) csv.cell("aqueous " + s + " (mol/L)");
  for (const auto& s : bank.species) csv.cell("organic " + s + " (mol/L)");
  csv.end();
  const std::size_t c = bank.species.size();
  for (std::size_t i = 0; i < bank.ph.size(); ++i) {
    csv.cell(static_cast<int>(i) + 1).cell(bank.ph[i]).cell(bank.loading_fraction[i]);
    csv.cell(bank.free_dimer_molar[i]).cell(bank.aqueous_flow_l_per_h[i]);
    csv.cell(bank.organic_flow_l_per_h[i]);
    for (std::size_t k = 0; k < c; ++k) csv.cell(bank.aqueous_molar[i * c + k]);
    for (std::size_t k = 0; k < c; ++k) csv.cell(bank.organic_molar[i * c + k]);
    csv.end();
  }
  return csv.text();
}

std::string equipment_table(const PlantEquipment& e) {
  Csv csv;
  csv.row("unit", "bank", "stages", "aqueous (m3/h)", "organic (m3/h)", "mixer (m3 each)",
          "settler (m2 each)", "aqueous hold-up (m3)", "organic hold-up (m3)",
          "rare earths held (kg oxide)");
  for (const BankEquipment& b : e.banks) {
    csv.row(b.unit, b.bank, b.stages, b.aqueous_m3_per_h, b.organic_m3_per_h, b.mixer_m3,
            b.settler_m2, b.aqueous_hold_up_m3, b.organic_hold_up_m3,
            b.rare_earth_hold_up_kg_oxide);
  }
  return csv.text();
}

std::string cost_table(const PlantCost& cost) {
  Csv csv;
  csv.row("sum", "group", "item", "quantity", "quantity unit", "low", "high", "currency", "market",
          "price low", "price high", "price per", "date", "basis", "source", "grade", "remark");
  for (const CostSum* sum : {&cost.operating, &cost.revenue, &cost.capital, &cost.metal}) {
    for (const CostLine& l : sum->lines) {
      csv.cell(sum->name).cell(l.group).cell(l.item).cell(l.quantity_per_year);
      csv.cell(l.quantity_unit);
      if (l.priced) {
        csv.cell(l.low).cell(l.high);
      } else {
        csv.none().none();
      }
      csv.cell(sum->currency).cell(sum->market);
      if (l.priced) {
        csv.cell(l.price.low).cell(l.price.high);
      } else {
        csv.none().none();
      }
      csv.cell(l.price.per).cell(l.price.date).cell(l.price.basis).cell(l.price.source);
      csv.cell(l.price.grade).cell(l.priced ? l.price.note : "no price: " + l.why_not).end();
    }
    csv.row(sum->name, "total", sum->complete ? "complete" : "incomplete", "", "", sum->low,
            sum->high, sum->currency, sum->market, "", "", "", "", "", "", "", "");
  }
  return csv.text();
}

}  // namespace

std::string stream_table(const PlantResult& result) {
  Csv csv;
  csv.cell("Property").cell("Units");
  for (const NamedStream& s : result.streams) csv.cell(s.name);
  csv.end();
  const auto words = [&](const char* property, auto&& get) {
    csv.cell(property).none();
    for (const NamedStream& s : result.streams) csv.cell(std::string(get(s)));
    csv.end();
  };
  const auto numbers = [&](const std::string& property, const char* units, auto&& get) {
    csv.cell(property).cell(units);
    for (const NamedStream& s : result.streams) csv.cell(get(s));
    csv.end();
  };
  const double none = std::nan("");
  words("phase", [](const NamedStream& s) { return to_string(s.stream.phase); });
  words("role", [](const NamedStream& s) { return to_string(s.role); });
  words("from", [](const NamedStream& s) { return s.from; });
  words("to", [](const NamedStream& s) { return s.to; });
  numbers("volume flow", "L/h", [](const NamedStream& s) { return s.stream.volume_l_per_h; });
  numbers("dry solid flow", "kg/h", [&](const NamedStream& s) {
    return s.stream.phase == StreamPhase::solid ? s.dry_mass_kg_per_h : none;
  });
  numbers("acid (H - OH + HSO4)", "mol/L",
          [&](const NamedStream& s) { return s.has_liquid() ? s.acid_molar : none; });
  numbers("pH (concentration scale)", "1",
          [&](const NamedStream& s) { return s.has_liquid() ? s.ph : none; });
  numbers("extractant", "mol/h", [&](const NamedStream& s) {
    return s.stream.phase == StreamPhase::organic ? s.stream.extractant_mol_per_h : none;
  });
  numbers("rare earths", "mol/h", [](const NamedStream& s) { return s.rare_earth_mol_per_h; });
  const auto kept = present(result);
  for (std::size_t k : kept) {
    numbers("molar flow " + result.components[k].name, "mol/h", [&](const NamedStream& s) {
      const double n = s.stream.mol_per_h[k];
      return unknown(result, k, n) ? none : n;
    });
  }
  for (std::size_t k : kept) {
    numbers("concentration " + result.components[k].name, "mg/L", [&](const NamedStream& s) {
      const double n = s.stream.mol_per_h[k];
      const bool liquid =
          s.stream.phase == StreamPhase::aqueous || s.stream.phase == StreamPhase::organic;
      if (!liquid || !(s.stream.volume_l_per_h > 0.0) || unknown(result, k, n)) return none;
      return 1e3 * n * result.components[k].molar_mass_g_per_mol / s.stream.volume_l_per_h;
    });
  }
  for (std::size_t k : kept) {
    numbers("mass fraction " + result.components[k].name, "wt% of dry solid",
            [&](const NamedStream& s) {
              const double n = s.stream.mol_per_h[k];
              if (!(s.dry_mass_kg_per_h > 0.0) || unknown(result, k, n)) return none;
              return 0.1 * n * result.components[k].molar_mass_g_per_mol / s.dry_mass_kg_per_h;
            });
  }
  return csv.text();
}

std::string destination_table(const PlantResult& result) {
  Csv csv;
  std::vector<const NamedStream*> leaving;
  for (const NamedStream& s : result.streams) {
    if (s.to.empty()) leaving.push_back(&s);
  }
  csv.cell("element").cell("fed (mol/h)");
  for (const NamedStream* s : leaving) csv.cell(s->name + " (%)");
  csv.cell("sum (%)").end();
  std::set<std::string> done;
  for (const Component& c : result.components) {
    if (!is_rare_earth(c.element) && c.charge < 0.0) continue;
    if (!done.insert(c.element).second) continue;
    const auto amount = [&](const NamedStream& s) {
      double n = 0.0;
      for (std::size_t k = 0; k < result.components.size(); ++k) {
        if (result.components[k].element == c.element) n += s.stream.mol_per_h[k];
      }
      return n;
    };
    double fed = 0.0;
    for (const NamedStream& s : result.streams) {
      if (s.from.empty()) fed += amount(s);
    }
    if (!(fed > 0.0)) continue;
    csv.cell(c.element).cell(fed);
    double sum = 0.0;
    for (const NamedStream* s : leaving) {
      csv.cell(100.0 * amount(*s) / fed);
      sum += 100.0 * amount(*s) / fed;
    }
    csv.cell(sum).end();
  }
  return csv.text();
}

std::vector<std::string> write_plant_tables(const std::string& folder, const PlantResult& result,
                                            const PlantEquipment& equipment, const PlantCost* cost,
                                            bool force) {
  std::vector<std::pair<std::string, std::string>> files;
  files.emplace_back("streams.csv", stream_table(result));
  files.emplace_back("destinations.csv", destination_table(result));
  Csv balances, products, reagents, evidence;
  balances.row("over", "balance", "in", "out", "unit", "closure (relative)");
  const auto add = [&](const std::string& over, const std::vector<PlantBalance>& rows) {
    for (const PlantBalance& b : rows) {
      balances.row(over, b.what, b.in, b.out, b.unit, b.closure_relative);
    }
  };
  add("plant", result.balances);
  for (const UnitResult& unit : result.units) add(unit.name, unit.balances);
  files.emplace_back("balances.csv", balances.text());
  products.row("product", "stream", "wanted oxide (kg/h)", "rare-earth oxides (kg/h)",
               "purity among rare-earth oxides (%)", "purity of all followed (%)", "recovery (%)",
               "target purity (%)");
  for (const PlantProductResult& p : result.products) {
    products.row(p.name, p.stream, p.oxide_kg_per_h, p.rare_earth_oxide_kg_per_h,
                 100.0 * p.purity_fraction, 100.0 * p.purity_of_all_fraction,
                 100.0 * p.recovery_fraction, 100.0 * p.target_purity_fraction);
  }
  files.emplace_back("products.csv", products.text());
  reagents.row("unit", "reagent", "amount", "unit of amount");
  for (const ReagentUse& use : result.reagents) {
    reagents.row(use.unit, use.name, use.amount, use.amount_unit);
  }
  files.emplace_back("reagents.csv", reagents.text());
  evidence.row("rests on");
  for (const std::string& line : result.evidence) evidence.row(line);
  files.emplace_back("evidence.csv", evidence.text());
  files.emplace_back("equipment.csv", equipment_table(equipment));
  if (cost != nullptr) files.emplace_back("costs.csv", cost_table(*cost));
  for (const UnitResult& unit : result.units) {
    if (!unit.has_circuit) continue;
    for (const BankResult& bank : unit.circuit.banks) {
      if (bank.loading_fraction.empty()) continue;
      files.emplace_back("profile_" + file_name(unit.name) + "_" + file_name(bank.name) + ".csv",
                         profile(bank));
    }
  }
  std::error_code code;
  std::filesystem::create_directories(folder, code);
  std::vector<std::string> written;
  for (const auto& [name, text] : files) {
    const std::string path = (std::filesystem::path(folder) / name).string();
    if (std::filesystem::exists(path) && !force) {
      throw Error("E-OUT-001", "output exists", path, "choose another folder or pass --force",
                  ExitCode::usage);
    }
  }
  for (const auto& [name, text] : files) {
    const std::string path = (std::filesystem::path(folder) / name).string();
    std::ofstream stream(path, std::ios::binary);
    stream << text;
    stream.flush();
    if (!stream) {
      throw Error("E-OUT-002", "cannot write the table", path, "check the folder and the disk",
                  ExitCode::resource);
    }
    written.push_back(path);
  }
  return written;
}

}  // namespace gadolin::io
