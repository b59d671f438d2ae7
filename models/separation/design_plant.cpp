#include "models/separation/design_plant.hpp"

#include <algorithm>

#include "models/core/element.hpp"
#include "models/separation/plant_components.hpp"

namespace gadolin::separation {

namespace {

std::string unit_name(std::size_t cut) { return "SX" + std::to_string(cut + 1); }

/// Raffinate or strip liquor of a cut, as its circuit names them.
std::string stream_of(std::size_t cut, const DesignedCut& designed, bool strip) {
  const auto& banks = designed.circuit.banks;
  const Bank& bank = strip ? banks.back() : banks.front();
  return unit_name(cut) + "." +
         (bank.raffinate_name.empty() ? bank.name + " raffinate" : bank.raffinate_name);
}

}  // namespace

Plant plant_of_design(const DesignTargets& targets, const DesignResult& design) {
  Plant plant;
  plant.name = targets.name;
  plant.description = targets.description;
  plant.source_file = targets.source_file;

  PlantFeed feed;
  feed.name = targets.feed_name;
  feed.phase = StreamPhase::aqueous;
  feed.volume_l_per_h = targets.feed.flow_l_per_h;
  feed.acid_molar = targets.feed.h_molar;
  feed.source = targets.feed_source;
  const auto& species = targets.chemistry.species;
  for (std::size_t k = 0; k < species.size(); ++k) {
    const Species& s = species[k];
    if (s.dimers > 0.0 && s.protons > 0.0 && s.protons != plant_component(s.name, {}).charge) {
      plant.charges[s.name] = s.protons;  // iron as Fe(II)
    }
    if (targets.feed.molar[k] > 0.0) {
      feed.mol_per_h[species[k].name] = targets.feed.molar[k] * targets.feed.flow_l_per_h;
    }
  }
  if (targets.feed.sulfate_molar > 0.0) {
    feed.mol_per_h["SO4"] = targets.feed.sulfate_molar * targets.feed.flow_l_per_h;
  }
  plant.feeds.push_back(feed);

  const auto liquor_of = [&](const DesignedCut& cut) {
    if (cut.from_cut < 0) return targets.feed_name;
    return "set acid " + unit_name(static_cast<std::size_t>(&cut - design.cuts.data())) + ".liquor";
  };
  for (std::size_t i = 0; i < design.cuts.size(); ++i) {
    const DesignedCut& cut = design.cuts[i];
    if (cut.from_cut >= 0) {
      PlantUnit set;
      set.name = "set acid " + unit_name(i);
      const auto from = static_cast<std::size_t>(cut.from_cut);
      set.inputs = {stream_of(from, design.cuts[from], cut.from_strip)};
      ConcentrationUnit u;
      u.set_acid = true;
      u.acid_molar = targets.liquor_acid_molar;
      u.base = {targets.saponified_species == "NH4" ? "NH3" : "NaOH", targets.base_molar};
      set.settings = u;
      plant.units.push_back(set);
    }
    PlantUnit unit;
    unit.name = unit_name(i);
    CircuitUnit circuit;
    circuit.circuit = cut.circuit;
    circuit.base_cation = targets.saponified_species == "NH4" ? "NH4" : "Na";
    circuit.base_molar = targets.base_molar;
    Bank& bank = circuit.circuit.banks.front();
    const auto fed = std::find_if(bank.feeds.begin(), bank.feeds.end(), [](const StageFeed& f) {
      return f.is_feed && f.aqueous.flow_l_per_h > 0.0;
    });
    if (fed != bank.feeds.end()) {
      circuit.inlets.push_back({liquor_of(cut), bank.name, fed->stage, true});
      bank.feeds.erase(fed);
    }
    unit.settings = circuit;
    plant.units.push_back(unit);
  }

  for (std::size_t i = 0; i < design.cuts.size(); ++i) {
    for (const bool strip : {false, true}) {
      const DesignOutlet& outlet = strip ? design.cuts[i].strip : design.cuts[i].raffinate;
      if (outlet.product < 0) continue;
      const DesignedProduct& product = design.products[static_cast<std::size_t>(outlet.product)];
      PlantUnit oxalate;
      oxalate.name = product.name + " oxalate";
      oxalate.inputs = {stream_of(i, design.cuts[i], strip)};
      PrecipitationUnit p;
      p.precipitant = {"H2C2O4", 1.0};
      p.excess_fraction = 0.3;
      PlantYield yield;
      for (const Species& s : species) {
        if (is_rare_earth(s.name)) yield.elements.push_back(s.name);
      }
      yield.fraction = 0.985;
      yield.evidence = EvidenceClass::memory;
      yield.source = "oxalate at pH 1.5-2 with 20-50 % excess: 0.97-0.995";
      p.precipitated = {yield};
      p.moisture_l_per_kg = 0.0;
      oxalate.settings = p;
      PlantUnit calcine;
      calcine.name = product.name + " calcination";
      calcine.inputs = {oxalate.name + ".precipitate"};
      CalcinationUnit c;
      c.yield.fraction = 0.999;
      c.yield.evidence = EvidenceClass::memory;
      c.yield.source = "800-1000 C: about 1";
      calcine.settings = c;
      calcine.outputs["oxide"] = product.name + " oxide";
      plant.units.push_back(oxalate);
      plant.units.push_back(calcine);
      PlantProduct sold;
      sold.name = product.name + " oxide";
      sold.stream = product.name + " oxide";
      for (const std::string& element : product.elements) {  // what goes with them is not sold
        if (is_rare_earth(element)) sold.elements.push_back(element);
      }
      sold.purity_fraction = product.target_purity;
      plant.products.push_back(sold);
    }
  }
  return plant;
}

}  // namespace gadolin::separation
