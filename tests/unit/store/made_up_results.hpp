#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "models/assay/types.hpp"
#include "models/core/provenance.hpp"
#include "models/diffraction/types.hpp"
#include "models/origin/types.hpp"
#include "models/recovery/types.hpp"
#include "models/separation/types.hpp"

/// Results nobody computed, of plausible shape and size: what the store and the report are tested
/// with before, and apart from, the models. Every number is a plain formula of its indices.
namespace gadolin::made_up {

inline RunRecord run(const std::string& start, const std::string& end) {
  RunRecord record;
  record.program_version = "0.1.0";
  record.build = "commit: made-up\ncompiler: g++ 12.2\nflags: -O3\nhdf5: 1.10.8";
  record.command_line = "gadolin analyse case.toml --out case.h5 --seed 20261123";
  record.config_text = "# merged configuration\n[case]\nid = \"SZ-464\"\nseed = 20261123\n";
  record.engine = "openmp, 2 threads";
  record.seed = 20261123;
  record.start_time = start;
  record.end_time = end;
  record.environment = {{"OMP_NUM_THREADS", "2"}};
  return record;
}

inline CaseRecord seizure() {
  CaseRecord record;
  record.title = "Bulk powder declared as iron ore (made-up case)";
  record.facts = {{"report_title", "Examination of a bulk powder"},
                  {"laboratory_name", "Central Laboratory, Sûreté portuaire"},
                  {"case_id", "2026/0464"},
                  {"item_id", "SZ-464"},
                  {"item_description", "Red-brown powder, about 2 kg, from a sealed bulk bag"},
                  {"seal_id", "B-77120"},
                  {"declared_as", "iron ore"},
                  {"mass_received_g", "1984"},
                  {"date_received", "2026-11-02"}};
  record.questions = {"Is the powder the iron ore it is declared as?",
                      "Does it hold recoverable rare earths, and how much?"};
  record.blind_spots = {
      "One increment of about 2 kg was received; how the bag was sampled is "
      "unknown."};
  return record;
}

/// Pattern of three phases on `points` points; item shifts peaks and noise a little.
inline diffraction::PatternResult pattern_result(int item, int points, const std::string& id = "") {
  diffraction::PatternResult result;
  result.id = id.empty() ? "pattern-" + std::to_string(item) : id;
  result.file = "scans/" + result.id + ".xy";
  result.status = item % 37 == 5 ? ItemStatus::not_converged : ItemStatus::ok;
  result.status_text = result.status == ItemStatus::ok ? "" : "iteration cap reached in stage 3";
  result.rwp = 0.06 + 0.02 * std::abs(std::sin(0.7 * item));
  result.rexp = 0.05;
  result.gof = result.rwp / result.rexp;
  result.durbin_watson = 1.4;
  result.iterations = 17 + item % 5;
  result.points = points;
  result.parameters = 31;
  result.displacement_mm = 0.03;
  result.u_displacement_mm = 0.002;
  const char* names[] = {"hematite", "goethite", "monazite-Ce"};
  const double shares[] = {0.62, 0.31, 0.07};
  for (int k = 0; k < 3; ++k) {
    diffraction::PhaseResult phase;
    phase.name = names[k];
    phase.weight_fraction = shares[k] + (k == 0 ? -1.0 : k == 1 ? 1.0 : 0.0) * 0.001 * (item % 11);
    phase.u_stat = 0.002 + 0.001 * k;
    phase.u_total = 0.006 + 0.002 * k;
    phase.lod_weight_fraction = 0.004;
    phase.scale = 1e-4 * (k + 1);
    phase.u_scale = 1e-6;
    phase.cell = {5.03 + k, 5.03 + k, 13.7 - k, 90.0, 90.0, k == 0 ? 120.0 : 90.0};
    phase.u_cell = {0.0002, 0.0002, 0.0007, 0.0, 0.0, 0.0};
    phase.size_nm = k == 1 ? 0.0 : 80.0;
    phase.intensity_share = shares[k];
    phase.mu_per_cm = 900.0 - 200.0 * k;
    for (int line = 0; line < 12; ++line) {
      phase.tick_two_theta_deg.push_back(21.0 + 2.1 * k + 5.3 * line + 0.4 * std::sin(line + k));
    }
    result.phases.push_back(phase);
  }
  result.covariance_stat = {4e-6, -3e-6, -1e-6, -3e-6, 9e-6, -6e-6, -1e-6, -6e-6, 16e-6};
  result.covariance_total = result.covariance_stat;
  for (double& value : result.covariance_total) value *= 6.0;
  for (int i = 0; i < points; ++i) {
    const double x = 10.0 + 80.0 * i / std::max(points - 1, 1);
    const double background = 120.0 + 400.0 * std::exp(-0.05 * x);
    double calculated = background;
    for (std::size_t k = 0; k < result.phases.size(); ++k) {
      for (std::size_t line = 0; line < result.phases[k].tick_two_theta_deg.size(); ++line) {
        const double z = (x - result.phases[k].tick_two_theta_deg[line]) / 0.12;
        calculated += 6000.0 * shares[k] / (1.0 + 0.3 * line) / (1.0 + z * z);
      }
    }
    const double noise = std::sqrt(calculated) * std::sin(12.9898 * i + 78.233 * item);
    result.two_theta_deg.push_back(x);
    result.observed.push_back(std::round(calculated + 1.3 * noise));
    result.calculated.push_back(calculated);
    result.background.push_back(background);
    result.sigma.push_back(std::sqrt(calculated));
  }
  if (item % 4 == 0) {
    result.warnings.push_back({"W-XRD-012", "monazite-Ce: absorption contrast, bias up to 1.2 %"});
  }
  return result;
}

inline diffraction::Pattern pattern(const diffraction::PatternResult& result) {
  diffraction::Pattern pattern;
  pattern.id = result.id;
  pattern.file = result.file;
  pattern.reader = "two-column text";
  pattern.two_theta_deg = result.two_theta_deg;
  pattern.counts = result.observed;
  pattern.wavelength_angstrom = {1.540593, 1.544427};
  pattern.kalpha2_ratio = 0.5;
  return pattern;
}

inline Quantity measured(double value, double u) {
  return {value, u, 0.0, ValueState::measured, true};
}
inline Quantity below(double lod) { return {0.0, 0.0, lod, ValueState::below_lod, false}; }
inline Quantity above(double limit) { return {limit, 0.0, 0.0, ValueState::above_range, false}; }

/// All four states occur: Tm and Lu below LOD, Fe above range, Sc not measured.
inline assay::AssaySample assay_sample(const std::string& id) {
  assay::AssaySample sample;
  sample.id = id;
  sample.file = "assay.csv";
  sample.basis = assay::MassBasis::dry;
  sample.laboratory = "made-up laboratory";
  const struct {
    const char* element;
    double mg_per_kg;
  } values[] = {{"La", 10600}, {"Ce", 15500}, {"Pr", 2601}, {"Nd", 9590}, {"Sm", 1485},
                {"Eu", 334},   {"Gd", 670},   {"Tb", 55},   {"Dy", 182},  {"Ho", 21.3},
                {"Er", 36.9},  {"Tm", -1},    {"Yb", 14.3}, {"Lu", -1},   {"Y", 449},
                {"Sc", 0},     {"Fe", -2},    {"P", 13600}, {"Th", 506},  {"U", 17.6}};
  for (const auto& row : values) {
    assay::ElementValue value;
    value.element = row.element;
    value.reported_as = row.element;
    value.reported_unit = "mg/kg";
    value.method = "4-acid ICP-MS";
    if (row.mg_per_kg > 0) {
      value.mass_fraction = measured(row.mg_per_kg * 1e-6, 0.03 * row.mg_per_kg * 1e-6);
      value.reported_text = std::to_string(row.mg_per_kg);
    } else if (row.mg_per_kg == -1) {
      value.mass_fraction = below(5e-6);
      value.reported_text = "<5";
    } else if (row.mg_per_kg == -2) {
      value.mass_fraction = above(0.25);
      value.reported_text = ">250000";
    }
    sample.values.push_back(value);
  }
  sample.warnings.push_back({"W-ASSAY-002", "Sc was not measured; it is not in TREO"});
  return sample;
}

inline std::vector<assay::Index> indices() {
  return {{"TREO", measured(4.92, 0.12), "wt%", "La Ce Pr Nd Sm Eu Gd Tb Dy Ho Er Yb Y",
           "below LOD, not in the sum: Tm Lu"},
          {"Eu/Eu*", measured(1.02, 0.05), "1", "Sm Eu Gd", "made-up chondrite"}};
}

inline Normaliser normaliser() {
  return {"CH_made_up",
          "Chondrite",
          "rounded chondrite figures, for tests only",
          {"La", "Ce", "Pr", "Nd", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Y"},
          {0.24, 0.61, 0.094, 0.47, 0.15, 0.057, 0.2, 0.037, 0.25, 0.055, 0.16, 0.025, 0.16, 0.025,
           1.5}};
}

inline origin::OriginResult origin_result(const std::string& id) {
  origin::OriginResult result;
  result.id = id;
  result.conclusion = "group";
  result.conclusion_text =
      "The rare-earth pattern is far more probable if the goods come from the group "
      "{Mount Weld, Araxá} than from the other sources of the library.";
  const struct {
    const char *id, *name;
    double posterior;
    bool comparable;
  } sources[] = {
      {"mount_weld", "Mount Weld", 0.41, true}, {"araxa", "Araxá", 0.28, true},
      {"bayan_obo", "Bayan Obo", 0.09, true},   {"mountain_pass", "Mountain Pass", 0.05, true},
      {"maoniuping", "Maoniuping", 0.02, true}, {"lovozero", "Lovozero", 0.0, false}};
  for (const auto& row : sources) {
    origin::SourceScore score;
    score.deposit_id = row.id;
    score.name = row.name;
    score.posterior = row.posterior;
    score.log10_likelihood = 4.0 + std::log10(row.posterior + 1e-9);
    score.typicality_p = row.posterior;
    score.log10_lr = row.comparable ? std::log10(row.posterior + 1e-4) + 1.5 : 0.0;
    score.sets = 2;
    score.comparable = row.comparable;
    score.common_elements = row.comparable ? 13 : 2;
    score.in_china = std::string(row.id) == "bayan_obo" || std::string(row.id) == "maoniuping";
    score.worst_grade = origin::EvidenceGrade::b;
    result.sources.push_back(score);
  }
  result.groups = {{{"mount_weld", "araxa"}, 0.69}, {{"bayan_obo"}, 0.09}};
  result.posterior_unknown = 0.15;
  result.prior_unknown = 0.2;
  result.posterior_in_china = 0.11;
  result.log10_lr_clamp = 6.0;
  result.largest_typicality_p = 0.41;
  result.elements_used = {"La", "Ce", "Pr", "Nd", "Sm", "Eu", "Gd"};
  result.elements_censored = {"Tm", "Lu"};
  result.process_level = "concentrate";
  result.eu_anomaly = measured(1.02, 0.05);
  result.ce_anomaly = measured(0.94, 0.04);
  result.y_ho_ratio = measured(21.1, 1.0);
  result.normaliser = "CH_made_up";
  result.library_name = "ree_deposits";
  result.library_version = "1";
  result.library_sha256 = std::string(64, 'a');
  result.seed = 20261123;
  result.draws = 2000;
  result.effective_sample_size = 1830.0;
  result.warnings.push_back({"W-ORI-004", "6 of 8 sources are known by a published mean only"});
  return result;
}

inline recovery::Interval interval(double middle) {
  return {0.88 * middle, middle, 1.07 * middle, 0.99 * middle};
}

inline recovery::RecoveryResult recovery_result(const std::string& id) {
  recovery::RecoveryResult result;
  result.id = id;
  result.route = "monazite_sulfuric";
  const struct {
    const char *element, *oxide;
    double kg_per_t;
  } rows[] = {{"La", "La2O3", 12.4}, {"Ce", "CeO2", 19.0},   {"Pr", "Pr6O11", 3.14},
              {"Nd", "Nd2O3", 11.2}, {"Sm", "Sm2O3", 1.72},  {"Eu", "Eu2O3", 0.387},
              {"Gd", "Gd2O3", 0.77}, {"Tb", "Tb4O7", 0.065}, {"Dy", "Dy2O3", 0.209},
              {"Y", "Y2O3", 0.57}};
  double contained = 0.0;
  for (const auto& row : rows) {
    recovery::ElementRecovery element;
    element.element = row.element;
    element.oxide = row.oxide;
    element.state = ValueState::measured;
    element.contained_kg_per_t = interval(row.kg_per_t);
    element.recoverable_kg_per_t = interval(0.61 * row.kg_per_t);
    element.recovery_fraction = interval(0.61);
    element.carriers = {{"monazite-Ce", interval(0.93 * row.kg_per_t)},
                        {"not in a modelled phase", interval(0.07 * row.kg_per_t)}};
    element.losses = {{"not in a modelled phase", interval(0.07 * row.kg_per_t)},
                      {"beneficiation", interval(0.20 * row.kg_per_t)},
                      {"cracking", interval(0.05 * row.kg_per_t)},
                      {"leaching", interval(0.03 * row.kg_per_t)},
                      {"impurity removal", interval(0.02 * row.kg_per_t)},
                      {"separation", interval(0.01 * row.kg_per_t)},
                      {"precipitation", interval(0.01 * row.kg_per_t)}};
    element.closure_relative = 2e-15;
    contained += row.kg_per_t;
    result.elements.push_back(element);
  }
  result.treo_contained_kg_per_t = interval(contained);
  result.treo_recoverable_kg_per_t = interval(0.61 * contained);
  result.treo_recovery_fraction = interval(0.61);
  result.seed = 20261123;
  result.draws = 20000;
  result.worst_evidence = "MEMORY";
  result.basis = "La Ce Pr Nd Sm Eu Gd Tb Dy Y as oxides, dry";
  result.separation_source = "cascade made-up bank";
  auto& reconciled = result.reconciled;
  reconciled.phases = {"hematite", "goethite", "monazite-Ce"};
  reconciled.formulas = {"Fe2O3", "FeOOH", "CePO4"};
  reconciled.weight_fraction = {0.60, 0.32, 0.08};
  reconciled.weight_covariance = {1e-4, 0, 0, 0, 1e-4, 0, 0, 0, 4e-6};
  reconciled.xrd_weight_fraction = {0.62, 0.31, 0.07};
  reconciled.u_xrd_weight_fraction = {0.006, 0.008, 0.01};
  reconciled.elements = {"Ce", "P", "Fe"};
  reconciled.element_state = {ValueState::measured, ValueState::measured, ValueState::above_range};
  reconciled.element_measured = {0.0155, 0.0136, 0.0};
  reconciled.u_element_measured = {0.0005, 0.0005, 0.0};
  reconciled.element_lod = {0.0, 0.0, 0.0};
  reconciled.element_predicted = {0.0160, 0.0125, 0.61};
  reconciled.element_residual_sigma = {-1.0, 2.2, 0.0};
  reconciled.element_compared = {1, 1, 0};
  reconciled.element_mass_fraction = {0.0156, 0.0133, 0.61};
  reconciled.element_covariance = {2.5e-7, 0, 0, 0, 2.5e-7, 0, 0, 0, 1e-5};
  reconciled.phase_chemistry = {0, 0, 0.699, 0, 0, 0.629, 0.3, 0.13, 0};
  reconciled.unmodelled_fraction = 0.04;
  reconciled.u_unmodelled_fraction = 0.02;
  reconciled.unmodelled_fraction_known = true;
  reconciled.chi_square = 5.8;
  reconciled.degrees_of_freedom = 3;
  reconciled.p_value = 0.12;
  reconciled.alpha = 0.01;
  reconciled.converged = true;
  result.warnings.push_back({"W-REC-003", "yields rest on MEMORY class evidence"});
  return result;
}

inline separation::CircuitResult circuit_result() {
  separation::CircuitResult result;
  result.name = "made-up extraction, scrub, strip";
  result.status = ItemStatus::ok;
  result.extractant = "PC88A in kerosene, dimer basis";
  result.species = {"La", "Nd", "Dy", "Y"};
  const char* names[] = {"extraction", "strip"};
  for (int b = 0; b < 2; ++b) {
    separation::BankResult bank;
    bank.name = names[b];
    bank.status = ItemStatus::ok;
    bank.iterations = 9;
    bank.species = result.species;
    const int stages = b == 0 ? 12 : 6;
    for (int s = 0; s < stages; ++s) {
      for (int k = 0; k < 4; ++k) {
        const double d = std::pow(10.0, -1.0 + 0.7 * k - 1.2 * b);
        const double aqueous = 0.1 * std::exp(-0.35 * d * (stages - s) / (k + 1.0)) + 1e-7;
        bank.aqueous_molar.push_back(aqueous);
        bank.organic_molar.push_back(d * aqueous);
        bank.distribution_coefficient.push_back(d);
      }
      bank.ph.push_back(1.2 + 0.1 * s);
      bank.free_dimer_molar.push_back(0.45 - 0.01 * s);
      bank.loading_fraction.push_back(0.1 + 0.02 * s);
      bank.aqueous_flow_l_per_h.push_back(100.0);
      bank.organic_flow_l_per_h.push_back(120.0);
      bank.out_of_window.push_back(0);
    }
    bank.closure_relative = {1e-15, 2e-15, 5e-16, 1e-15, 3e-15, 2e-15};
    bank.largest_residual = 4e-15;
    result.banks.push_back(bank);
  }
  result.products = {{"raffinate",
                      "extraction",
                      "aqueous",
                      100.0,
                      {9.8, 6.1, 0.1, 0.05},
                      {0.98, 0.61, 0.01, 0.005},
                      {0.61, 0.38, 0.006, 0.003}},
                     {"strip liquor",
                      "strip",
                      "aqueous",
                      40.0,
                      {0.2, 3.9, 9.9, 9.95},
                      {0.02, 0.39, 0.99, 0.995},
                      {0.008, 0.16, 0.41, 0.42}}};
  result.fed_mol_per_h = {10, 10, 10, 10};
  result.closure_relative = {1e-15, 3e-15, 1e-15, 2e-15};
  result.base_mol_per_h = 12.5;
  result.acid_mol_per_h = 30.0;
  result.worst_evidence = separation::EvidenceClass::estimated;
  result.evidence = {"La: ESTIMATED, made up", "Nd: ESTIMATED, made up", "Dy: ESTIMATED, made up",
                     "Y: ESTIMATED, made up"};
  return result;
}

}  // namespace gadolin::made_up
