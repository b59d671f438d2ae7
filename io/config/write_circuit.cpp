#include "io/config/write_circuit.hpp"

#include <algorithm>
#include <filesystem>

#include "io/config/toml_table.hpp"
#include "io/config/toml_text.hpp"
#include "models/core/error.hpp"

namespace gadolin::config {

using namespace separation;

namespace {

class BanksText {
 public:
  explicit BanksText(std::string prefix) : prefix_(std::move(prefix)) {}

  std::string text(const Circuit& c) {
    for (const Bank& b : c.banks) bank(b, c);
    return text_;
  }

 private:
  std::string prefix_, text_;

  void line(const std::string& words) { text_ += words + "\n"; }

  void aqueous(const std::string& table, const AqueousStream& s, const Circuit& c) {
    if (!(s.flow_l_per_h > 0.0)) return;
    line("[" + table + "]\nflow_l_per_h = " + number(s.flow_l_per_h));
    line("acid_molar = " + number(s.h_molar));
    if (s.sulfate_molar > 0.0) line("sulfate_molar = " + number(s.sulfate_molar));
    if (s.salt_molar > 0.0) line("salt_molar = " + number(s.salt_molar));
    if (s.fluoride_molar > 0.0) line("fluoride_molar = " + number(s.fluoride_molar));
    molar(table, s.molar, c);
  }
  void organic(const std::string& table, const OrganicStream& s, const Circuit& c) {
    if (!(s.flow_l_per_h > 0.0)) return;
    line("[" + table + "]\nflow_l_per_h = " + number(s.flow_l_per_h));
    line(std::string("free_extractant_") +
         (c.extractant.basis == ExtractantBasis::dimer ? "dimer" : "formal") +
         "_molar = " + number(s.free_dimer_molar));
    molar(table, s.molar, c);
  }
  void molar(const std::string& table, const std::vector<double>& molar, const Circuit& c) {
    bool any = false;
    for (std::size_t k = 0; k < c.species.size() && k < molar.size(); ++k) {
      if (molar[k] == 0.0) continue;
      if (!any) line("[" + table + ".molar]");
      any = true;
      line(quoted(c.species[k].name) + " = " + number(molar[k]));
    }
  }
  void bank(const Bank& b, const Circuit& c) {
    const std::string& at = prefix_;
    line("[[" + at + "]]\nname = " + quoted(b.name) + "\nstages = " + std::to_string(b.stages));
    if (!b.raffinate_name.empty()) line("raffinate_name = " + quoted(b.raffinate_name));
    if (b.murphree_efficiency != 1.0) {
      line("murphree_efficiency = " + number(b.murphree_efficiency));
    }
    if (b.entrained_aqueous_fraction > 0.0) {
      line("entrained_aqueous_fraction = " + number(b.entrained_aqueous_fraction));
    }
    if (b.entrained_organic_fraction > 0.0) {
      line("entrained_organic_fraction = " + number(b.entrained_organic_fraction));
    }
    if (b.mixer_residence_s > 0.0) {
      line("mixer_residence_min = " + number(b.mixer_residence_s / 60.0));
    }
    if (b.mixer_plug_flow) line("mixer_flow = \"plug\"");
    aqueous(at + ".aqueous_in", b.aqueous_in, c);
    if (!b.organic_from_previous) organic(at + ".organic_in", b.organic_in, c);
    for (const StageFeed& f : b.feeds) {
      line("[[" + at + ".feed]]\nname = " + quoted(f.name) +
           "\nstage = " + std::to_string(f.stage));
      if (!f.is_feed) line("counts_as_feed = false");
      aqueous(at + ".feed.aqueous", f.aqueous, c);
      organic(at + ".feed.organic", f.organic, c);
    }
    for (const StageDraw& d : b.draws) {
      line("[[" + at + ".draw]]\nstage = " + std::to_string(d.stage));
      if (!d.name.empty()) line("name = " + quoted(d.name));
      line("aqueous_fraction = " + number(d.aqueous_fraction) +
           "\norganic_fraction = " + number(d.organic_fraction));
    }
  }
};

}  // namespace

std::string banks_text(const Circuit& circuit, const std::string& prefix) {
  return BanksText(prefix).text(circuit);
}

std::string unit_design_text(const std::string& plant_path, const std::string& unit,
                             const Circuit& fed, const std::string& design_path) {
  namespace fs = std::filesystem;
  const TomlTable root = TomlTable::read(plant_path);
  Circuit written = fed;
  for (Bank& bank : written.banks) {  // a point in a name would part the keys of a sweep
    for (StageFeed& feed : bank.feeds) std::replace(feed.name.begin(), feed.name.end(), '.', ' ');
  }
  fs::path file = plant_path;
  for (const TomlTable& t : root.tables("unit")) {
    if (t.text("name") != unit) continue;
    TomlTable circuit = t;
    if (t.has("design")) {
      file = file.parent_path() / t.text("design");
      circuit = TomlTable::read(file.lexically_normal().string());
    } else {
      circuit = t.table("circuit");
    }
    // A path counts from its file; a bare name may stand for a shipped table.
    const fs::path folder = fs::absolute(design_path).parent_path();
    const auto moved = [&](const std::string& path) {
      const fs::path own = fs::absolute(file.parent_path() / path).lexically_normal();
      return fs::exists(own) ? own.lexically_relative(folder).string() : path;
    };
    std::vector<std::pair<std::string, std::vector<std::string>>> texts = {{"name", {fed.name}}};
    if (circuit.has("constants")) {
      texts.push_back({"constants", {moved(circuit.text("constants"))}});
    }
    if (const auto chemistry = circuit.optional_table("chemistry");
        chemistry && chemistry->has("tables")) {
      std::vector<std::string> tables = chemistry->texts("tables");
      for (std::string& table : tables) table = moved(table);
      texts.push_back({"chemistry.tables", tables});
    }
    return "# Circuit of the unit " + unit + " of " + fs::path(plant_path).filename().string() +
           ", with what the other units send it in the steady\n# state of the plant: they do not "
           "answer when this file changes.\n" +
           circuit.written({"bank", "dynamics", "uncertainty"}, texts) + "\n" +
           banks_text(written, "bank");
  }
  throw Error("E-PLANT-020", "no unit \"" + unit + "\" with a circuit", plant_path,
              "name a unit of kind \"circuit\"", ExitCode::usage);
}

}  // namespace gadolin::config
