// What an uncertainty must mean: simulated patterns with known weight fractions, refined blind.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "io/config/instrument.hpp"
#include "io/readers/atomic_tables.hpp"
#include "io/readers/structure_library.hpp"
#include "models/diffraction/refine.hpp"
#include "models/diffraction/simulate.hpp"

namespace gadolin::diffraction {
namespace {

struct Laboratory {
  std::string datasets = std::string(GADOLIN_SOURCE_DIR) + "/datasets";
  AtomicTables tables = io::read_atomic_tables(datasets + "/atomic");
  Instrument instrument = config::read_instrument(datasets + "/instruments/cpd_philips3020.toml");
  std::vector<CrystalStructure> structures;
  const std::vector<double> truth{0.30, 0.25, 0.45};

  Laboratory() {
    for (const char* name : {"corundum", "zincite", "fluorite"}) {
      structures.push_back(io::load_structure(name, datasets));
    }
  }
  SimulationRecipe recipe(std::uint64_t item) const {
    SimulationRecipe r;
    r.id = "replica " + std::to_string(item);
    r.phases.resize(3);
    for (std::size_t p = 0; p < 3; ++p) {
      r.phases[p].weight_fraction = truth[p];
      r.phases[p].size_nm = 60.0 + 20.0 * static_cast<double>(p);
      r.phases[p].strain = 3e-4;
    }
    r.two_theta_min_deg = 24.0;
    r.two_theta_max_deg = 72.0;
    r.step_deg = 0.04;
    r.strongest_counts = 20000.0;
    r.background_counts = {400.0, -40.0, 20.0};
    r.displacement_mm = 0.04;
    r.seed = 20260103;
    r.item = item;
    return r;
  }
  std::vector<Pattern> patterns(std::size_t n) const {
    std::vector<Pattern> list;
    for (std::size_t i = 0; i < n; ++i) {
      list.push_back(simulate(structures, instrument, tables, recipe(i)).pattern);
    }
    return list;
  }
  std::vector<PatternResult> run(const std::vector<Pattern>& patterns, const Engine& engine,
                                 bool profiles = false) const {
    RefinementOptions options;
    options.keep_profiles = profiles;
    return refine(patterns, structures, instrument, tables, options, engine);
  }
};

bool said(const PatternResult& result, const std::string& code) {
  return std::any_of(result.warnings.begin(), result.warnings.end(),
                     [&](const Warning& warning) { return warning.code == code; });
}

TEST(PoissonReplicas, GivePullsOfMeanZeroSpreadOneAndHonestCoverage) {
  const Laboratory lab;
  constexpr std::size_t n = 400;  // standard error of a mean pull 0.05, of a coverage 0.011

  const auto results = lab.run(lab.patterns(n), make_engine("auto"));

  for (std::size_t p = 0; p < 3; ++p) {
    double sum = 0.0, square = 0.0, covered = 0.0;
    for (const auto& result : results) {
      ASSERT_EQ(result.status, ItemStatus::ok) << result.id << ": " << result.status_text;
      const auto& phase = result.phases[p];
      const double pull = (phase.weight_fraction - lab.truth[p]) / phase.u_stat;
      sum += pull;
      square += pull * pull;
      covered += std::fabs(pull) < 1.959964 ? 1.0 : 0.0;
    }
    const double mean = sum / n, sd = std::sqrt(square / n - mean * mean);
    RecordProperty(lab.structures[p].name + "_mean", std::to_string(mean));
    RecordProperty(lab.structures[p].name + "_sd", std::to_string(sd));
    RecordProperty(lab.structures[p].name + "_coverage", std::to_string(covered / n));
    std::printf("%-10s mean pull %+.3f, sd %.3f, coverage %.3f\n", lab.structures[p].name.c_str(),
                mean, sd, covered / n);
    EXPECT_LT(std::fabs(mean), 0.1) << lab.structures[p].name;
    EXPECT_GT(sd, 0.9) << lab.structures[p].name;
    EXPECT_LT(sd, 1.1) << lab.structures[p].name;
    EXPECT_GE(covered / n, 0.93) << lab.structures[p].name;
    EXPECT_LE(covered / n, 0.97) << lab.structures[p].name;
  }
}

TEST(NoiselessPattern, GivesBackItsWeightFractionsToAPermille) {
  const Laboratory lab;
  auto recipe = lab.recipe(0);
  recipe.counting_noise = false;
  recipe.strongest_counts = 1e6;

  const auto result =
      lab.run({simulate(lab.structures, lab.instrument, lab.tables, recipe).pattern},
              make_engine("serial"))[0];

  for (std::size_t p = 0; p < 3; ++p) {
    EXPECT_NEAR(result.phases[p].weight_fraction / lab.truth[p], 1.0, 1e-3);
  }
  EXPECT_NEAR(result.displacement_mm, 0.04, 1e-3);
}

TEST(AbsentPhase, StaysBelowItsDetectionLimit) {
  const Laboratory lab;
  std::vector<Pattern> patterns;
  constexpr std::size_t n = 60;
  for (std::size_t i = 0; i < n; ++i) {
    auto recipe = lab.recipe(i);
    recipe.phases[0].weight_fraction = 0.4;
    recipe.phases[1].weight_fraction = 0.0;
    recipe.phases[2].weight_fraction = 0.6;
    patterns.push_back(simulate(lab.structures, lab.instrument, lab.tables, recipe).pattern);
  }

  const auto results = lab.run(patterns, make_engine("auto"));

  std::size_t below = 0, said = 0;
  for (const auto& result : results) {
    const auto& absent = result.phases[1];
    below += absent.weight_fraction < absent.lod_weight_fraction ? 1 : 0;
    EXPECT_GT(absent.u_stat, 0.0);
    EXPECT_LT(absent.lod_weight_fraction, 0.01);
    for (const auto& warning : result.warnings) said += warning.code == "W-XRD-114" ? 1 : 0;
  }
  EXPECT_GE(below, n - 1);
  EXPECT_GE(said, n - 2);
}

/// The pattern up to an angle.
Pattern cut(Pattern pattern, double two_theta_max_deg) {
  std::size_t n = 0;
  while (n < pattern.counts.size() && pattern.two_theta_deg[n] <= two_theta_max_deg) ++n;
  pattern.two_theta_deg.resize(n);
  pattern.counts.resize(n);
  return pattern;
}

TEST(Batch, OrderThreadsAndCompanyChangeNoBit) {
  const Laboratory lab;
  auto patterns = lab.patterns(4);
  // Ends in the foot of a corundum line, where rings beyond the end count; the others end
  // elsewhere.
  patterns[2] = cut(patterns[2], 42.9);
  patterns[3] = cut(patterns[3], 56.3);
  const auto alone = lab.run({patterns[2]}, make_engine("serial"), true)[0];
  auto broken = patterns[1];
  broken.counts[5] = std::numeric_limits<double>::quiet_NaN();

  const auto among =
      lab.run({broken, patterns[3], patterns[2], patterns[0]}, make_engine("openmp", 3), true)[2];

  ASSERT_EQ(alone.status, ItemStatus::ok) << alone.status_text;
  EXPECT_EQ(alone.calculated, among.calculated);
  EXPECT_EQ(alone.rwp, among.rwp);
  for (std::size_t p = 0; p < 3; ++p) {
    EXPECT_EQ(alone.phases[p].weight_fraction, among.phases[p].weight_fraction);
    EXPECT_EQ(alone.phases[p].u_stat, among.phases[p].u_stat);
    EXPECT_EQ(alone.phases[p].u_total, among.phases[p].u_total);
    EXPECT_EQ(alone.phases[p].cell, among.phases[p].cell);
  }
}

TEST(SinglePhase, AbsentFromThePatternIsNoResult) {
  const Laboratory lab;
  const auto halite = io::load_structure("halite", lab.datasets);

  const auto result =
      refine(lab.patterns(1), {halite}, lab.instrument, lab.tables, {}, make_engine("serial"))[0];

  EXPECT_NE(result.status, ItemStatus::ok);
  EXPECT_FALSE(has_numbers(result));
  EXPECT_FALSE(is_found(result.phases[0]));
  EXPECT_NE(result.status_text.find("no phase of the list is found above its limit of detection"),
            std::string::npos)
      << result.status_text;
  EXPECT_TRUE(said(result, "W-XRD-119"));
}

TEST(SinglePhase, PresentSaysThatItsFractionIsOneByConstruction) {
  const Laboratory lab;
  auto recipe = lab.recipe(0);
  recipe.phases.resize(1);
  recipe.phases[0].weight_fraction = 1.0;
  const std::vector<CrystalStructure> corundum{lab.structures[0]};

  const auto result = refine({simulate(corundum, lab.instrument, lab.tables, recipe).pattern},
                             corundum, lab.instrument, lab.tables, {}, make_engine("serial"))[0];

  EXPECT_EQ(result.status, ItemStatus::ok) << result.status_text;
  EXPECT_TRUE(is_found(result.phases[0]));
  EXPECT_EQ(result.phases[0].weight_fraction, 1.0);
  EXPECT_TRUE(said(result, "W-XRD-119"));
}

TEST(Reflections, BeyondTheCapRefuseThatPatternAloneAndNameThePhase) {
  Laboratory lab;
  auto good = lab.patterns(1)[0];
  good.wavelength_angstrom.clear();
  lab.instrument.lines = {{0.2, 1.0}};
  // A wide pattern of the same length: to 145 degrees at 0.2 angstrom.
  auto wide = good;
  for (std::size_t i = 0; i < wide.two_theta_deg.size(); ++i) {
    wide.two_theta_deg[i] =
        5.0 + 140.0 * static_cast<double>(i) / static_cast<double>(wide.two_theta_deg.size() - 1);
  }

  const auto results = lab.run({wide, cut(good, 28.0)}, make_engine("serial"));

  EXPECT_EQ(results[0].status, ItemStatus::out_of_range);
  EXPECT_FALSE(has_numbers(results[0]));
  for (const char* word : {"E-XRD-122", "corundum", "two_theta_max", "200000"}) {
    EXPECT_NE(results[0].status_text.find(word), std::string::npos) << results[0].status_text;
  }
  EXPECT_EQ(results[1].status_text.find("E-XRD-122"), std::string::npos) << results[1].status_text;
}

TEST(Reflections, ThatMakeTooManyPeaksRefuseThePatternToo) {
  Laboratory lab;
  auto pattern = lab.patterns(1)[0];
  pattern.wavelength_angstrom.clear();
  lab.instrument.lines = {{0.6, 1.0}};
  lab.structures[2].cell = {16.0, 16.5, 17.0, 91.0, 92.0, 93.0};
  lab.structures[2].operations.clear();

  const auto result = lab.run({pattern}, make_engine("serial"))[0];

  EXPECT_EQ(result.status, ItemStatus::out_of_range);
  for (const char* word : {"E-XRD-122", "fluorite", "peaks", "40000", "two_theta_max"}) {
    EXPECT_NE(result.status_text.find(word), std::string::npos) << result.status_text;
  }
}

TEST(Scale, OfCountsWithTheirSigmaDoesNotMatter) {
  const Laboratory lab;
  auto pattern = lab.patterns(1)[0];
  for (double y : pattern.counts) pattern.sigma.push_back(std::sqrt(std::max(1.0, y)));
  pattern.counts_are_poisson = false;
  auto rate = pattern;
  for (auto& y : rate.counts) y /= 64.0;
  for (auto& s : rate.sigma) s /= 64.0;

  const auto results = lab.run({pattern, rate}, make_engine("serial"));

  for (std::size_t p = 0; p < 3; ++p) {
    EXPECT_NEAR(results[0].phases[p].weight_fraction, results[1].phases[p].weight_fraction, 1e-6);
    EXPECT_NEAR(results[0].phases[p].u_stat, results[1].phases[p].u_stat, 1e-6);
  }
  EXPECT_NEAR(results[0].gof, results[1].gof, 1e-5);
}

TEST(BadPatterns, GetAStatusAndLeaveTheOthersAlone) {
  const Laboratory lab;
  const auto good = lab.patterns(1)[0];
  auto zero = good, few = good, infinite = good, unsorted = good, molybdenum = good;
  for (auto& y : zero.counts) y = 0.0;
  few.two_theta_deg.resize(30);
  few.counts.resize(30);
  infinite.counts[7] = std::numeric_limits<double>::infinity();
  std::swap(unsorted.two_theta_deg[3], unsorted.two_theta_deg[4]);
  molybdenum.wavelength_angstrom = {0.7093};

  const auto results =
      lab.run({zero, few, infinite, unsorted, molybdenum, good}, make_engine("serial"));

  ASSERT_EQ(results.size(), 6u);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(results[i].status, ItemStatus::out_of_range) << i;
    EXPECT_FALSE(results[i].status_text.empty()) << i;
  }
  EXPECT_NE(results[4].status_text.find("E-WAVE-001"), std::string::npos);
  EXPECT_EQ(results[5].status, ItemStatus::ok);
}

TEST(BadPatterns, OfAnyShapeNeverThrow) {
  const Laboratory lab;
  auto flat = lab.patterns(1)[0];
  for (auto& y : flat.counts) y = 100.0;
  auto spike = flat;
  spike.counts[500] = 1e9;
  auto short_range = flat;
  short_range.two_theta_deg.resize(60);
  short_range.counts.resize(60);
  auto low = flat;
  for (auto& y : low.counts) y = 0.0;
  low.counts[600] = 1.0;

  const auto results = lab.run({flat, spike, short_range, low}, make_engine("serial"));

  for (const auto& result : results) {
    EXPECT_FALSE(has_numbers(result)) << "rwp " << result.rwp;
    EXPECT_NE(result.status, ItemStatus::ok);
    EXPECT_FALSE(result.status_text.empty());
    EXPECT_EQ(result.phases.size(), 3u);
  }
}

}  // namespace
}  // namespace gadolin::diffraction
