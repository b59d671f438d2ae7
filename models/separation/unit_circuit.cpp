#include <algorithm>
#include <cmath>

#include "models/core/element.hpp"
#include "models/core/number_text.hpp"
#include "models/separation/plant_components.hpp"
#include "models/separation/simulate.hpp"
#include "models/separation/solve_banks.hpp"
#include "models/separation/unit_operations.hpp"

/// A solvent-extraction circuit inside a plant. What the circuit's chemistry does not know (anions,
/// elements told not to extract) rides along as species that neither bind protons nor extractant.
namespace gadolin::separation {

namespace {

class CircuitRun {
 public:
  CircuitRun(const CircuitUnit& u, const UnitContext& context)
      : u_(u), context_(context), circuit_(u.circuit) {}

  UnitOutcome run() {
    check_make_up();
    add_riders();
    complete_inline_streams();
    take_inlets();
    const auto results = simulate({circuit_}, context_.engine);
    CircuitResult result = results.front();
    out_.result.status = result.status;
    out_.result.status_text =
        result.status_text.empty() ? "" : "unit " + context_.unit.name + ": " + result.status_text;
    collect(result);
    solvent(result);
    for (const Warning& w : result.warnings) {
      out_.warnings.push_back({w.code, "unit " + context_.unit.name + ": " + w.text});
    }
    for (std::size_t k = 0; k < real_species(); ++k) {
      const Species& s = circuit_.species[k];
      if (!(result.fed_mol_per_h[k] > 0.0) && s.name != circuit_.regeneration.saponified_species) {
        continue;
      }
      out_.evidence.emplace_back(s.evidence, "unit " + context_.unit.name + ", " + s.name + ": " +
                                                 to_string(s.evidence) +
                                                 (s.source.empty() ? "" : ", " + s.source));
    }
    strip_riders(result);
    out_.result.has_circuit = true;
    out_.result.circuit = std::move(result);
    return std::move(out_);
  }

  Circuit as_fed() {
    add_riders();
    complete_inline_streams();
    take_inlets();
    const std::size_t keep = real_species();
    circuit_.species.resize(keep);
    for (Bank& bank : circuit_.banks) {
      bank.aqueous_in.molar.resize(keep);
      bank.organic_in.molar.resize(keep);
      for (StageFeed& f : bank.feeds) {
        f.aqueous.molar.resize(keep);
        f.organic.molar.resize(keep);
      }
    }
    return circuit_;
  }

 private:
  const CircuitUnit& u_;
  const UnitContext& context_;
  Circuit circuit_;                        // with riders
  std::vector<std::size_t> component_of_;  // [species] of circuit_
  UnitOutcome out_;
  double acid_gap_ = 0.0, acid_size_ = 0.0;

  std::size_t real_species() const { return u_.circuit.species.size(); }
  std::size_t component(const std::string& name) const {
    return static_cast<std::size_t>(component_index(context_.components, name));
  }

  Error error(const std::string& code, const std::string& what, const std::string& remedy) const {
    return Error(code, "unit " + context_.unit.name + ": " + what, context_.plant.source_file,
                 remedy, ExitCode::usage);
  }

  void check_make_up() const {
    if (u_.make_up || !circuit_.organic_loop_closed) return;
    const std::string remedy = "set make_up = true, or lower the losses to 0";
    const std::string fate =
        ", but the loop has no make-up: its " + circuit_.extractant.name + " runs out";
    for (const Bank& bank : circuit_.banks) {
      if (bank.entrained_organic_fraction > 0.0) {
        throw error("E-PLANT-007",
                    "bank " + bank.name + ", stage 1 loses solvent with its raffinate (entrained " +
                        number_text(bank.entrained_organic_fraction) + " m3/m3)" + fate,
                    remedy);
      }
      for (const StageDraw& draw : bank.draws) {
        if (!(draw.organic_fraction > 0.0)) continue;
        throw error("E-PLANT-007",
                    "bank " + bank.name + ", stage " + std::to_string(draw.stage) +
                        " draws solvent off" + fate,
                    remedy);
      }
    }
    if (circuit_.regeneration.bleed_fraction > 0.0) {
      throw error("E-PLANT-007",
                  "bank " + circuit_.banks.back().name + ", stage " +
                      std::to_string(circuit_.banks.back().stages) + ": the bleed takes " +
                      number_text(circuit_.regeneration.bleed_fraction) + " of the solvent" + fate,
                  remedy);
    }
    if (u_.soluble_extractant_mg_per_l > 0.0) {
      throw error("E-PLANT-007",
                  "bank " + circuit_.banks.front().name +
                      ", stage 1: extractant dissolves in the "
                      "raffinate" +
                      fate,
                  remedy);
    }
  }

  void add_rider(const std::string& component_name, const std::string& species_name) {
    for (const Species& s : circuit_.species) {
      if (s.name == species_name) return;
    }
    Species rider;
    rider.name = species_name;
    rider.protons = rider.dimers = 0.0;
    rider.log10_k = -40.0;
    rider.basis = circuit_.extractant.basis;
    rider.evidence = EvidenceClass::measured;  // no constant that a result could rest on
    circuit_.species.push_back(rider);
    component_of_.push_back(component(component_name));
  }

  /// Base cations of inline streams ride apart from the exchanging species of the same name.
  std::string base_rider() const { return u_.base_cation + " of bases"; }

  void add_riders() {
    for (const Species& s : circuit_.species) {
      component_of_.push_back(component(s.name));
      const Component& c = context_.components[component_of_.back()];
      if (s.dimers > 0.0 && s.protons != c.charge) {
        throw error("E-PLANT-008",
                    "species " + s.name + " releases " + number_text(s.protons) +
                        " protons, the plant gives it the charge " + number_text(c.charge),
                    "state the charge in [charges], or mend the species; neutral extractants need "
                    "their circuit solved alone");
      }
    }
    for (const std::string& name : u_.not_extracted) {
      for (const Species& s : u_.circuit.species) {
        if (s.name != name) continue;
        throw error("E-PLANT-006", name + " has constants and stands in not_extracted",
                    "remove it from one of the two");
      }
    }
    std::vector<std::string> wanted = {u_.acid_anion, "SO4"};
    for (std::size_t i = 0; i < u_.inlets.size(); ++i) {
      const PlantStream& s = *context_.inputs[i].stream;
      for (std::size_t k = 0; k < context_.components.size(); ++k) {
        if (s.mol_per_h[k] == 0.0) continue;
        const Component& c = context_.components[k];
        if (circuit_species(c.name)) continue;
        const bool told = std::find(u_.not_extracted.begin(), u_.not_extracted.end(), c.name) !=
                          u_.not_extracted.end();
        if (!told && c.charge >= 0.0) {
          throw error("E-PLANT-006",
                      c.name + " reaches bank " + u_.inlets[i].bank + ", stage " +
                          std::to_string(inlet_stage(u_.inlets[i])) + " with " +
                          context_.inputs[i].name + " and has no constants for " +
                          circuit_.extractant.name,
                      "add a [[species]], or list it in not_extracted if it stays in the aqueous");
        }
        wanted.push_back(c.name);
      }
    }
    for (const std::string& name : wanted) {
      if (component_index(context_.components, name) >= 0 && !circuit_species(name)) {
        add_rider(name, name);
      }
    }
    if (component_index(context_.components, u_.base_cation) >= 0) {
      add_rider(u_.base_cation, base_rider());
    }
    for (Bank& bank : circuit_.banks) {
      bank.aqueous_in.molar.resize(circuit_.species.size(), 0.0);
      bank.organic_in.molar.resize(circuit_.species.size(), 0.0);
      for (StageFeed& f : bank.feeds) {
        f.aqueous.molar.resize(circuit_.species.size(), 0.0);
        f.organic.molar.resize(circuit_.species.size(), 0.0);
      }
    }
  }

  bool circuit_species(const std::string& name) const {
    for (const Species& s : u_.circuit.species) {
      if (s.name == name) return true;
    }
    return false;
  }

  std::size_t species_index(const std::string& name) const {
    for (std::size_t k = 0; k < circuit_.species.size(); ++k) {
      if (circuit_.species[k].name == name) return k;
    }
    return circuit_.species.size();
  }

  int inlet_stage(const CircuitInlet& inlet) const {
    if (inlet.stage > 0) return inlet.stage;
    for (std::size_t i = 0; i < u_.inlets.size(); ++i) {
      if (&u_.inlets[i] != &inlet) continue;
      if (context_.inputs[i].stream->phase == StreamPhase::organic) return 1;
    }
    for (const Bank& bank : circuit_.banks) {
      if (bank.name == inlet.bank) return bank.stages;
    }
    return 0;
  }

  PlantStream from_molar(const std::vector<double>& molar, double flow, StreamPhase phase) const {
    PlantStream s = context_.empty(phase);
    s.volume_l_per_h = flow;
    // Riders have no place in the solvent (their D is 1e-40).
    const std::size_t kinds = phase == StreamPhase::organic ? real_species() : molar.size();
    for (std::size_t k = 0; k < kinds && k < molar.size(); ++k) {
      s.mol_per_h[component_of_[k]] += flow * molar[k];
    }
    return s;
  }

  /// Anion or cation that goes with the acid or base of a stream written into the design.
  void complete(AqueousStream& s, const std::string& name, bool is_feed) {
    if (!(s.flow_l_per_h > 0.0)) return;
    double charge = s.h_molar - 2.0 * s.sulfate_molar;
    double rare = 0.0;
    for (std::size_t k = 0; k < circuit_.species.size(); ++k) {
      charge += context_.components[component_of_[k]].charge * s.molar[k];
      if (is_rare_earth(circuit_.species[k].name)) rare += s.molar[k];
    }
    if (s.sulfate_molar > 0.0) s.molar[species_index("SO4")] += s.sulfate_molar;
    double acid = 0.0;
    if (charge > 0.0) {
      const double anion_charge = -context_.components[component(u_.acid_anion)].charge;
      s.molar[species_index(u_.acid_anion)] += charge / anion_charge;
      if (u_.acid_anion == "SO4") s.sulfate_molar += charge / anion_charge;
      acid = charge / anion_charge;
    } else if (charge < 0.0) {
      s.molar[species_index(base_rider())] -= charge;
    }
    out_.bought.emplace_back(context_.unit.name + "." + name,
                             from_molar(s.molar, s.flow_l_per_h, StreamPhase::aqueous));
    if (rare > 0.0 && is_feed) return;
    const char* acid_name = u_.acid_anion == "SO4"   ? "H2SO4"
                            : u_.acid_anion == "NO3" ? "HNO3"
                                                     : "HCl";
    if (acid > 0.0) {
      out_.reagents.push_back({context_.unit.name, acid_name, acid * s.flow_l_per_h, "mol/h"});
    }
    if (s.sulfate_molar > 0.0 && u_.acid_anion != "SO4") {
      out_.reagents.push_back(
          {context_.unit.name, "H2SO4", s.sulfate_molar * s.flow_l_per_h, "mol/h"});
    }
    if (charge < 0.0) {
      out_.reagents.push_back({context_.unit.name, u_.base_cation == "NH4" ? "NH3" : "NaOH",
                               -charge * s.flow_l_per_h, "mol/h"});
    }
    out_.reagents.push_back({context_.unit.name, "water", s.flow_l_per_h, "L/h"});
  }

  void complete_inline_streams() {
    for (std::size_t b = 0; b < circuit_.banks.size(); ++b) {
      Bank& bank = circuit_.banks[b];
      complete(bank.aqueous_in, bank.name + " aqueous in", false);
      const auto organic = [&](const OrganicStream& s, const std::string& name) {
        if (!(s.flow_l_per_h > 0.0)) return;
        PlantStream in = from_molar(s.molar, s.flow_l_per_h, StreamPhase::organic);
        in.extractant = circuit_.extractant.name;
        in.extractant_mol_per_h = s.flow_l_per_h * total_extractant_molar(s, circuit_.species);
        out_.bought.emplace_back(context_.unit.name + "." + name, in);
        out_.reagents.push_back(
            {context_.unit.name, circuit_.extractant.name, in.extractant_mol_per_h, "mol/h"});
        out_.reagents.push_back({context_.unit.name, diluent(), in.volume_l_per_h, "L/h"});
      };
      const bool inside = bank.organic_from_previous || (b == 0 && circuit_.organic_loop_closed);
      if (!inside) organic(bank.organic_in, bank.name + " organic in");
      for (StageFeed& feed : bank.feeds) {
        const std::string name = bank.name + " " + feed.name;
        complete(feed.aqueous, name, feed.is_feed);
        organic(feed.organic, name + " organic");
      }
    }
  }

  std::string diluent() const {
    return circuit_.extractant.diluent.empty() ? "diluent" : circuit_.extractant.diluent;
  }

  void take_inlets() {
    for (std::size_t i = 0; i < u_.inlets.size(); ++i) {
      const CircuitInlet& inlet = u_.inlets[i];
      const PlantStream& s = *context_.inputs[i].stream;
      if (is_empty(s)) continue;
      Bank* bank = nullptr;
      for (Bank& b : circuit_.banks) {
        if (b.name == inlet.bank) bank = &b;
      }
      if (s.phase == StreamPhase::solid || s.phase == StreamPhase::gas) {
        throw error("E-PLANT-005",
                    "stream " + context_.inputs[i].name + " into bank " + inlet.bank + " is " +
                        to_string(s.phase),
                    "dissolve it first");
      }
      StageFeed feed;
      feed.name = context_.inputs[i].name;
      feed.stage = inlet_stage(inlet);
      feed.is_feed = inlet.is_feed;
      std::vector<double> molar(circuit_.species.size(), 0.0);
      for (std::size_t k = 0; k < context_.components.size(); ++k) {
        if (s.mol_per_h[k] == 0.0) continue;
        const std::size_t j = species_index(context_.components[k].name);
        molar[j] += s.mol_per_h[k] / s.volume_l_per_h;
      }
      if (s.phase == StreamPhase::aqueous) {
        feed.aqueous.flow_l_per_h = s.volume_l_per_h;
        feed.aqueous.molar = molar;
        if (s.volume_l_per_h > 0.0) {
          feed.aqueous.h_molar = context_.acid(s) / s.volume_l_per_h;
          const int so4 = component_index(context_.components, "SO4");
          if (so4 >= 0) {
            feed.aqueous.sulfate_molar =
                s.mol_per_h[static_cast<std::size_t>(so4)] / s.volume_l_per_h;
          }
        }
        warn_of_weak_acids(s, context_.inputs[i].name);
      } else {
        if (s.extractant != circuit_.extractant.name) {
          throw error("E-PLANT-003",
                      "stream " + context_.inputs[i].name + " into bank " + inlet.bank +
                          ", stage " + std::to_string(feed.stage) + " holds " + s.extractant +
                          ", the circuit " + circuit_.extractant.name,
                      "join organic streams of one extractant only");
        }
        feed.organic.flow_l_per_h = s.volume_l_per_h;
        feed.organic.molar = molar;
        double bound = 0.0;
        for (std::size_t k = 0; k < molar.size(); ++k)
          bound += circuit_.species[k].dimers * molar[k];
        if (s.volume_l_per_h > 0.0) {
          feed.organic.free_dimer_molar = s.extractant_mol_per_h / s.volume_l_per_h - bound;
        }
      }
      if (inlet.stage == 0 && s.phase == StreamPhase::aqueous && feed.is_feed == false &&
          !(bank->aqueous_in.flow_l_per_h > 0.0)) {
        bank->aqueous_in = feed.aqueous;
        if (bank->aqueous_in.molar.empty()) bank->aqueous_in.molar = molar;
      } else {
        bank->feeds.push_back(feed);
      }
    }
  }

  void warn_of_weak_acids(const PlantStream& s, const std::string& name) {
    for (const char* weak : {"C2O4", "CO3", "PO4", "F"}) {
      const int k = component_index(context_.components, weak);
      if (k < 0 || !(s.mol_per_h[static_cast<std::size_t>(k)] > 1e-3 * s.volume_l_per_h)) continue;
      out_.warnings.push_back(
          {"W-PLANT-002", "unit " + context_.unit.name + ": " + name + " brings " + weak +
                              "; the circuit takes its acid for a strong one and knows none of its "
                              "complexes"});
    }
  }

  void outlet(const std::string& port, PlantStream s) {
    out_.outlets.emplace_back(port, std::move(s));
  }

  /// An aqueous outlet, and how far the solver's acid is from the charge it holds.
  void aqueous_outlet(const std::string& port, const std::vector<double>& molar, double flow,
                      double h_total_molar) {
    PlantStream s = from_molar(molar, flow, StreamPhase::aqueous);
    const double by_charge = context_.acid(s);
    acid_gap_ = std::max(acid_gap_, std::fabs(by_charge - flow * h_total_molar));
    for (std::size_t k = 0; k < context_.components.size(); ++k) {
      acid_size_ += std::fabs(context_.components[k].charge) * s.mol_per_h[k];
    }
    outlet(port, std::move(s));
  }

  PlantStream organic(const std::vector<double>& molar, double free, double flow) const {
    OrganicStream o;
    o.molar = molar;
    o.free_dimer_molar = free;
    PlantStream s = from_molar(molar, flow, StreamPhase::organic);
    s.extractant = circuit_.extractant.name;
    s.extractant_mol_per_h = flow * total_extractant_molar(o, circuit_.species);
    return s;
  }

  void collect(const CircuitResult& result) {
    const std::size_t c = circuit_.species.size();
    for (std::size_t b = 0; b < circuit_.banks.size(); ++b) {
      const Bank& bank = circuit_.banks[b];
      const BankResult& r = result.banks[b];
      if (r.aqueous_molar.empty() || r.h_total_molar.empty()) continue;
      const auto row = [&](const std::vector<double>& values, std::size_t i) {
        return std::vector<double>(values.begin() + static_cast<std::ptrdiff_t>(i * c),
                                   values.begin() + static_cast<std::ptrdiff_t>((i + 1) * c));
      };
      double returned = 0.0;
      for (const AqueousReturn& ret : circuit_.returns) {
        if (ret.from_bank == bank.name) returned += ret.fraction;
      }
      aqueous_outlet(raffinate_port(bank), row(r.aqueous_molar, 0),
                     r.raffinate.flow_l_per_h * (1.0 - returned), r.h_total_molar.front());
      for (const StageDraw& draw : bank.draws) {
        const auto i = static_cast<std::size_t>(draw.stage - 1);
        if (draw.aqueous_fraction > 0.0) {
          aqueous_outlet(draw_port(bank, draw, false), row(r.aqueous_molar, i),
                         draw.aqueous_fraction * r.aqueous_flow_l_per_h[i], r.h_total_molar[i]);
        }
        if (draw.organic_fraction > 0.0) {
          outlet(draw_port(bank, draw, true),
                 organic(row(r.organic_molar, i), r.free_dimer_molar[i],
                         draw.organic_fraction * r.organic_flow_l_per_h[i]));
        }
      }
      if (bank.entrained_organic_fraction > 0.0) {
        outlet(
            bank.name + " entrained organic",
            organic(row(r.organic_molar, 0), r.free_dimer_molar[0], r.entrained_organic_l_per_h));
      }
      const bool goes_on =
          b + 1 < circuit_.banks.size() && circuit_.banks[b + 1].organic_from_previous;
      if (goes_on) continue;
      const std::size_t last = r.ph.size() - 1;
      const bool recycled = b + 1 == circuit_.banks.size() && circuit_.organic_loop_closed;
      const double bleed = circuit_.regeneration.bleed_fraction;
      if (!recycled || bleed > 0.0) {
        outlet(recycled ? "solvent bleed" : bank.name + " extract",
               organic(row(r.organic_molar, last), r.free_dimer_molar[last],
                       r.extract.flow_l_per_h * (recycled ? bleed : 1.0)));
      }
      if (bank.entrained_aqueous_fraction > 0.0) {
        aqueous_outlet(bank.name + " entrained aqueous", row(r.aqueous_molar, last),
                       r.entrained_aqueous_l_per_h, r.h_total_molar[last]);
      }
    }
    out_.result.acid_gap_relative = acid_size_ > 0.0 ? acid_gap_ / acid_size_ : 0.0;
  }

  /// Make-up, saponification and what dissolves.
  void solvent(const CircuitResult& result) {
    if (circuit_.organic_loop_closed && circuit_.regeneration.saponified_fraction > 0.0) {
      const std::string& name = circuit_.regeneration.saponified_species;
      const double base = result.saponified_mol_per_h;
      Reagent reagent{name == "NH4" ? "NH3" : "NaOH", u_.base_molar};
      if (name != "NH4" && name != "Na") {
        throw error("E-PLANT-009", "saponification with " + name + " is not in the reagents",
                    "use Na or NH4");
      }
      PlantStream water = context_.empty(StreamPhase::aqueous);
      if (base >= 0.0) {
        const PlantStream in = context_.buy(reagent, base, out_);
        water.volume_l_per_h = in.volume_l_per_h;
      } else {  // the loop brings back more than wanted: acid takes it off
        const Reagent acid{u_.acid_anion == "SO4" ? "H2SO4" : "HCl", u_.base_molar};
        const PlantStream in =
            context_.buy(acid, -base / (u_.acid_anion == "SO4" ? 2.0 : 1.0), out_);
        add_stream(water, in);
        water.mol_per_h[component(name)] -= base;
      }
      outlet("saponifier water", water);
    }
    double dissolved = 0.0, dissolved_diluent = 0.0;
    if (u_.soluble_extractant_mg_per_l > 0.0) {
      double aqueous = 0.0;
      for (const auto& [port, s] : out_.outlets) {
        if (s.phase == StreamPhase::aqueous && port != "saponifier water") {
          aqueous += s.volume_l_per_h;
        }
      }
      const double molar_mass = u_.extractant_molar_mass_g_per_mol > 0.0
                                    ? u_.extractant_molar_mass_g_per_mol
                                    : extractant_molar_mass(circuit_.extractant);
      if (!(molar_mass > 0.0)) {
        throw error(
            "E-PLANT-010",
            "soluble_extractant_mg_per_l needs the molar mass of " + circuit_.extractant.name,
            "add extractant_molar_mass_g_per_mol");
      }
      dissolved = aqueous * 1e-3 * u_.soluble_extractant_mg_per_l / molar_mass;
      dissolved_diluent = aqueous * 1e-6 * u_.soluble_diluent_mg_per_l;  // kg/h
      PlantStream s = context_.empty(StreamPhase::organic);
      s.extractant = circuit_.extractant.name;
      s.extractant_mol_per_h = dissolved;
      outlet("dissolved extractant", s);
    }
    if (circuit_.organic_loop_closed) {
      PlantStream fresh = context_.empty(StreamPhase::organic);
      fresh.extractant = circuit_.extractant.name;
      fresh.volume_l_per_h = result.make_up_l_per_h;
      fresh.extractant_mol_per_h = result.make_up_extractant_mol_per_h + dissolved;
      if (fresh.volume_l_per_h < -1e-9 * circuit_.banks.front().organic_in.flow_l_per_h) {
        throw error("E-PLANT-011",
                    "the loop gains " + number_text(-fresh.volume_l_per_h) +
                        " L/h of solvent that nothing takes away",
                    "raise bleed_fraction or draw organic off");
      }
      out_.bought.emplace_back(context_.unit.name + ".fresh solvent", fresh);
      constexpr double diluent_kg_per_l = 0.8;  // kerosene
      out_.reagents.push_back(
          {context_.unit.name, circuit_.extractant.name, fresh.extractant_mol_per_h, "mol/h"});
      out_.reagents.push_back({context_.unit.name, diluent(),
                               fresh.volume_l_per_h + dissolved_diluent / diluent_kg_per_l, "L/h"});
    }
  }

  /// The result as the design knows it.
  void strip_riders(CircuitResult& result) const {
    const std::size_t c = circuit_.species.size(), keep = real_species();
    const auto cut = [&](std::vector<double>& v, std::size_t tail) {
      std::vector<double> kept;
      const std::size_t rows = v.size() / c;
      if (tail > 0) {
        kept.assign(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(keep));
        kept.insert(kept.end(), v.end() - static_cast<std::ptrdiff_t>(tail), v.end());
        v = kept;
        return;
      }
      for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t k = 0; k < keep; ++k) kept.push_back(v[i * c + k]);
      }
      v = kept;
    };
    result.species.resize(keep);
    cut(result.fed_mol_per_h, 0);
    cut(result.closure_relative, 0);
    if (result.evidence.size() > keep) result.evidence.resize(keep);
    for (Product& p : result.products) {
      cut(p.molar_flow_mol_per_h, 0);
      cut(p.recovery_fraction, 0);
      cut(p.purity_fraction, 0);
    }
    for (BankResult& bank : result.banks) {
      bank.species.resize(keep);
      cut(bank.aqueous_molar, 0);
      cut(bank.organic_molar, 0);
      cut(bank.distribution_coefficient, 0);
      cut(bank.raffinate.molar, 0);
      cut(bank.extract.molar, 0);
      if (bank.closure_relative.size() > 2) cut(bank.closure_relative, 2);
    }
  }
};

}  // namespace

Circuit fed_circuit(const CircuitUnit& settings, const UnitContext& context) {
  return CircuitRun(settings, context).as_fed();
}

UnitOutcome run(const CircuitUnit& settings, const UnitContext& context) {
  return CircuitRun(settings, context).run();
}

}  // namespace gadolin::separation
