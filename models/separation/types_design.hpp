#pragma once

#include <string>
#include <vector>

#include "models/separation/types.hpp"

/// Plain data of `design`: what is asked for, and the circuits that deliver it
/// (docs/theory/separation.md#design).
namespace gadolin::separation {

/// A product: neighbours in the order of extraction. 0 = nothing asked.
struct ProductTarget {
  std::string name;
  std::vector<std::string> elements;
  double purity_fraction = 0.0;    ///< mass of their oxides among all oxides of the basis below
  double recovery_fraction = 0.0;  ///< moles, of what the feed brings
};

enum class PurityBasis { rare_earths, metals };
/// What a design spends least of, summed over its circuits.
enum class DesignObjective {
  inventory,  ///< stages x solvent flow: mixer-settler volume and solvent held
  stages,
  solvent  ///< solvent flow, and with it base and acid
};

struct DesignLimits {
  int extraction_stages = 80, scrub_stages = 80, strip_stages = 12;  ///< of one circuit
  double phase_ratio_min = 0.1, phase_ratio_max = 10.0;              ///< O/A of every stage
  double solvent_l_per_h = 0.0;                                      ///< of one circuit; 0 = any
};

struct DesignTargets {
  std::string name, description, source_file;
  Circuit chemistry;  ///< extractant, species, solution; no banks
  AqueousStream feed;
  std::string feed_name = "feed", feed_source;
  double feed_rare_earth_molar = 0.0;  ///< strength an assay of a solid is dissolved to
  std::vector<ProductTarget> products;
  PurityBasis purity_basis = PurityBasis::rare_earths;
  DesignObjective objective = DesignObjective::inventory;
  DesignLimits limits;
  double extractant_molar = 0.0;      ///< C_T, in the basis of the extractant
  double saponified_fraction = 0.36;  ///< s at most; less where the gel limit asks for it
  std::string saponified_species = "Na";
  double scrub_acid_molar = 4.0, strip_acid_molar = 6.0;  ///< the strongest acid there is
  double liquor_acid_molar = 0.01;  ///< strip liquors are brought to it before the next circuit
  double base_molar = 10.0;         ///< of the base that does so
  double bleed_fraction = 0.001;    ///< of the solvent of each loop
  double murphree_efficiency = 1.0;
  double entrained_aqueous_fraction = 0.0, entrained_organic_fraction = 0.0;
};

/// Why a target cannot be met, and by how much.
struct DesignReason {
  std::string code;          ///< "E-SEP-062"...
  std::string cut;           ///< "Nd | Sm"
  std::string light, heavy;  ///< the pair that decides
  double separation_factor = 0.0;
  std::string quantity, unit;  ///< "stages at total reflux", "solvent flow"
  double needed = 0.0, available = 0.0;
  /// Best shares of the light and heavy side in their streams with what is available; 0 = not
  /// known.
  double best_purity_light = 0.0, best_purity_heavy = 0.0;
  std::string text;  ///< the sentence, with all of the above
};

/// A stream between circuits, or leaving as a product.
struct DesignOutlet {
  std::string stream;  ///< "cut 1 raffinate"
  int cut = -1;        ///< cut it feeds, -1 = it is a product
  int product = -1;
  AqueousStream liquor;  ///< as it leaves
  AqueousStream next;    ///< as it enters the next circuit, acid or base added
  double base_mol_per_h = 0.0;
};

/// Xu's numbers that began the search; per mole of feed.
struct CutSeed {
  double separation_factor = 0.0, feed_fraction_heavy = 0.0;
  double purity_light = 0.0, purity_heavy = 0.0;
  double solvent = 0.0, scrub = 0.0, solvent_min = 0.0, scrub_min = 0.0;
  double extraction_stages = 0.0, scrub_stages = 0.0;
  double fenske_stages = 0.0;  ///< of the deciding pair alone: no cascade with fewer can do it
  bool extraction_controls = false;
};

/// One cut: a bank of extraction and scrub and a strip bank, loop closed.
struct DesignedCut {
  std::string name;   ///< "cut 1: Nd | Sm"
  std::string feed;   ///< name of the stream it is fed with
  int from_cut = -1;  ///< -1 = the feed of the design
  bool from_strip = false;
  std::vector<std::string> light, heavy;  ///< elements present on either side
  std::string light_key, heavy_key;
  CutSeed seed;
  int extraction_stages = 0, scrub_stages = 0, strip_stages = 0;
  double fenske_stages =
      0.0;  ///< of the deciding pair as it leaves: the bound for extraction + scrub
  double solvent_l_per_h = 0.0, scrub_l_per_h = 0.0, scrub_acid_molar = 0.0;
  double strip_l_per_h = 0.0, strip_acid_molar = 0.0;
  double extractant_molar = 0.0, saponified_fraction = 0.0;
  double light_up_mol_per_h = 0.0, light_up_limit = 0.0;      ///< light side lost upwards
  double heavy_down_mol_per_h = 0.0, heavy_down_limit = 0.0;  ///< heavy side lost downwards
  double loading_max = 0.0, phase_ratio_min = 0.0, phase_ratio_max = 0.0;
  std::vector<double> feed_mol_per_h;  ///< [species]
  Circuit circuit;                     ///< ready for simulate()
  CircuitResult result;
  DesignOutlet raffinate, strip;
  std::size_t solves = 0;  ///< banks solved for this cut
};

struct DesignedProduct {
  std::string name;
  std::vector<std::string> elements;
  double target_purity = 0.0, target_recovery = 0.0;
  double purity_fraction = 0.0;         ///< on the basis asked for
  double purity_of_all_fraction = 0.0;  ///< over the oxides of everything but the carrier salt
  double recovery_fraction = 0.0;
  bool meets_target = false;
  double flow_l_per_h = 0.0;
  std::string stream;
  std::vector<double> mol_per_h;  ///< [species]
};

/// One way to cut the feed, priced by the seeds alone.
struct CutOrder {
  std::string text;  ///< "((La | Ce) | (NdPr | SEG))"
  double cost = 0.0;
};

struct DesignResult {
  std::string name, description;
  bool feasible = false;
  std::vector<DesignReason> reasons;  ///< where not feasible
  std::vector<std::string> species;
  std::vector<std::string> order;  ///< elements fed, least extracted first
  std::vector<CutOrder> orders;    ///< cheapest first, at most ten
  std::vector<DesignedCut> cuts;   ///< a cut comes after the one that feeds it
  std::vector<DesignedProduct> products;
  std::vector<double> fed_mol_per_h;     ///< [species]
  std::vector<double> closure_relative;  ///< [species] over the whole chain
  double stages = 0.0, solvent_l_per_h = 0.0, stage_flow_l_per_h = 0.0;
  double base_mol_per_h = 0.0, acid_mol_per_h = 0.0;
  EvidenceClass worst_evidence = EvidenceClass::memory;
  std::vector<std::string> evidence;
  std::vector<Warning> warnings;
};

}  // namespace gadolin::separation
