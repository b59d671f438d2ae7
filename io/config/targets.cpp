#include "io/config/targets.hpp"

#include "io/config/circuit.hpp"
#include "io/config/toml_table.hpp"

namespace gadolin::config {

namespace {

using separation::DesignTargets;

/// [x.molar] or [x.g_per_l], by species.
std::vector<double> contents(const TomlTable& t, const separation::Circuit& chemistry) {
  std::vector<double> molar(chemistry.species.size(), 0.0);
  for (const char* key : {"molar", "g_per_l"}) {
    const auto table = t.optional_table(key);
    if (!table) continue;
    for (std::size_t k = 0; k < molar.size(); ++k) {
      const auto& species = chemistry.species[k];
      if (!table->has(species.name)) continue;
      const double value = table->number(species.name, not_negative);
      if (std::string(key) == "molar") {
        molar[k] += value;
      } else if (species.molar_mass_g_per_mol > 0.0) {
        molar[k] += value / species.molar_mass_g_per_mol;
      } else {
        throw table->error("E-SEP-012", "species " + species.name + " has no molar mass",
                           species.name, "give molar_mass_g_per_mol or use the molar table");
      }
    }
    table->finish();
  }
  return molar;
}

DesignTargets targets_of(const TomlTable& root, const std::string& file,
                         std::vector<InputFile>* records) {
  DesignTargets t;
  t.source_file = file;
  t.name = root.text("name");
  t.description = root.text_or("description", "");
  t.chemistry = chemistry_of(root, file, records);
  const auto objective =
      root.choice_or("minimise", "inventory", {"inventory", "stages", "solvent"});
  t.objective = objective == "stages"    ? separation::DesignObjective::stages
                : objective == "solvent" ? separation::DesignObjective::solvent
                                         : separation::DesignObjective::inventory;
  t.purity_basis =
      root.choice_or("purity_basis", "rare_earths", {"rare_earths", "metals"}) == "metals"
          ? separation::PurityBasis::metals
          : separation::PurityBasis::rare_earths;

  const TomlTable feed = root.table("feed");
  t.feed_name = feed.text_or("name", "feed");
  t.feed_source = feed.text_or("source", "");
  t.feed.flow_l_per_h = feed.number("flow_l_per_h", positive);
  t.feed.h_molar = feed.number_or("acid_molar", 0.01);
  t.feed.sulfate_molar = feed.number_or("sulfate_molar", 0.0, not_negative);
  t.feed_rare_earth_molar = feed.number_or("rare_earth_molar", 0.0, not_negative);
  t.feed.molar = contents(feed, t.chemistry);
  feed.finish();

  const TomlTable solvent = root.table("solvent");
  const bool dimer = t.chemistry.extractant.basis == separation::ExtractantBasis::dimer;
  t.extractant_molar =
      solvent.number(dimer ? "extractant_dimer_molar" : "extractant_formal_molar", positive);
  t.saponified_fraction = solvent.number_or("saponified_fraction", t.saponified_fraction, fraction);
  t.saponified_species = solvent.text_or("saponified_species", t.saponified_species);
  t.bleed_fraction = solvent.number_or("bleed_fraction", t.bleed_fraction, fraction);
  solvent.finish();

  if (const auto acids = root.optional_table("reagents")) {
    t.scrub_acid_molar = acids->number_or("scrub_acid_molar", t.scrub_acid_molar, positive);
    t.strip_acid_molar = acids->number_or("strip_acid_molar", t.strip_acid_molar, positive);
    t.liquor_acid_molar = acids->number_or("liquor_acid_molar", t.liquor_acid_molar, positive);
    t.base_molar = acids->number_or("base_molar", t.base_molar, positive);
    acids->finish();
  }
  if (const auto settlers = root.optional_table("mixer_settlers")) {
    t.murphree_efficiency =
        settlers->number_or("murphree_efficiency", t.murphree_efficiency, {1e-6, 1.0});
    t.entrained_aqueous_fraction =
        settlers->number_or("entrained_aqueous_fraction", 0.0, {0.0, 0.5});
    t.entrained_organic_fraction =
        settlers->number_or("entrained_organic_fraction", 0.0, {0.0, 0.5});
    settlers->finish();
  }
  if (const auto limits = root.optional_table("limits")) {
    auto& l = t.limits;
    l.extraction_stages =
        static_cast<int>(limits->integer_or("extraction_stages", l.extraction_stages, 1, 1000));
    l.scrub_stages = static_cast<int>(limits->integer_or("scrub_stages", l.scrub_stages, 1, 1000));
    l.strip_stages = static_cast<int>(limits->integer_or("strip_stages", l.strip_stages, 3, 100));
    l.phase_ratio_min = limits->number_or("phase_ratio_min", l.phase_ratio_min, positive);
    l.phase_ratio_max = limits->number_or("phase_ratio_max", l.phase_ratio_max, positive);
    l.solvent_l_per_h = limits->number_or("solvent_l_per_h", l.solvent_l_per_h, not_negative);
    limits->finish();
  }
  for (const TomlTable& p : root.tables("product")) {
    separation::ProductTarget product;
    product.name = p.text("name");
    product.elements = p.texts("elements");
    product.purity_fraction = p.number_or("purity_fraction", 0.0, fraction);
    product.recovery_fraction = p.number_or("recovery_fraction", 0.0, fraction);
    p.finish();
    t.products.push_back(product);
  }
  for (const char* other : {"equipment", "economics"}) root.allow(other);  // io/config/economics
  root.finish();
  return t;
}

}  // namespace

separation::DesignTargets read_targets(const std::string& path, std::vector<InputFile>* records) {
  InputFile record;
  const TomlTable root = TomlTable::read(path, &record, "targets");
  if (records != nullptr) records->push_back(record);
  return targets_of(root, path, records);
}

separation::DesignTargets parse_targets(const std::string& text, const std::string& file,
                                        std::vector<InputFile>* records) {
  return targets_of(TomlTable::parse(text, file), file, records);
}

}  // namespace gadolin::config
