// Mixtures of weighed powders against the unattended refinement: one generic start, no per-file
// setting, one batch call per set.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "io/config/instrument.hpp"
#include "io/readers/atomic_tables.hpp"
#include "io/readers/pattern.hpp"
#include "io/readers/structure_library.hpp"
#include "models/diffraction/refine.hpp"
#include "tests/shared_data.hpp"

namespace gadolin::diffraction {
namespace {

const std::string datasets = std::string(GADOLIN_SOURCE_DIR) + "/datasets";

std::vector<PatternResult> refine_files(const std::vector<std::string>& files,
                                        const std::vector<std::string>& phases,
                                        const std::string& instrument) {
  std::vector<Pattern> patterns;
  for (const auto& file : files) {
    for (auto& pattern : io::read_patterns(file)) patterns.push_back(std::move(pattern));
  }
  std::vector<CrystalStructure> structures;
  for (const auto& phase : phases) structures.push_back(io::load_structure(phase, datasets));
  return refine(patterns, structures,
                config::read_instrument(datasets + "/instruments/" + instrument + ".toml"),
                io::read_atomic_tables(datasets + "/atomic"), {}, make_engine("auto"));
}

TEST(CpdRoundRobin, SampleOneIsQuantifiedWithinOnePointTwoPercent) {
  GADOLIN_SHARED_OR_SKIP(folder, "xrd/cpd_roundrobin");
  // Weighed wt%: corundum, zincite, fluorite. Madsen et al. (2001) J. Appl. Cryst. 34, 409.
  const std::map<std::string, std::array<double, 3>> weighed{{"1a", {1.15, 4.04, 94.81}},
                                                             {"1b", {94.31, 1.36, 4.33}},
                                                             {"1d", {13.53, 32.89, 53.58}},
                                                             {"1f", {27.06, 55.22, 17.72}},
                                                             {"1g", {31.37, 34.21, 34.42}}};
  std::vector<std::string> files;
  for (const auto& [name, truth] : weighed) files.push_back(folder + "/cpd-" + name + ".prn");

  const auto results = refine_files(files, {"corundum", "zincite", "fluorite"}, "cpd_philips3020");

  double square = 0.0;
  std::size_t i = 0;
  for (const auto& [name, truth] : weighed) {
    ASSERT_EQ(results[i].status, ItemStatus::ok) << name << ": " << results[i].status_text;
    for (std::size_t p = 0; p < 3; ++p) {
      const auto& phase = results[i].phases[p];
      const double error = 100.0 * phase.weight_fraction - truth[p];
      EXPECT_LE(std::fabs(error), 1.2) << name << " " << phase.name;
      EXPECT_LT(std::fabs(error), 300.0 * phase.u_total) << name << " " << phase.name;
      square += error * error;
    }
    EXPECT_LT(results[i].gof, 1.4) << name;
    ++i;
  }
  EXPECT_LE(std::sqrt(square / 15.0), 0.61);
}

TEST(CpdRoundRobin, HaliteThatIsNotInSampleOneIsNoResult) {
  GADOLIN_SHARED_OR_SKIP(file, "xrd/cpd_roundrobin/cpd-1g.prn");

  const auto alone = refine_files({file}, {"halite"}, "cpd_philips3020")[0];
  const auto among =
      refine_files({file}, {"corundum", "zincite", "fluorite", "halite"}, "cpd_philips3020")[0];

  EXPECT_EQ(alone.status, ItemStatus::out_of_range);
  EXPECT_FALSE(has_numbers(alone));
  EXPECT_NE(alone.status_text.find("no phase of the list is found"), std::string::npos)
      << alone.status_text;
  ASSERT_EQ(among.status, ItemStatus::ok) << among.status_text;
  EXPECT_FALSE(is_found(among.phases[3]));
  for (std::size_t p = 0; p < 3; ++p) EXPECT_TRUE(is_found(among.phases[p])) << p;
}

TEST(CpdRoundRobin, PatternCutShortGivesTheSameAloneAndBesideTheWhole) {
  GADOLIN_SHARED_OR_SKIP(file, "xrd/cpd_roundrobin/cpd-1g.prn");
  const auto whole = io::read_patterns(file)[0];
  auto low = whole;
  const auto end = std::upper_bound(low.two_theta_deg.begin(), low.two_theta_deg.end(), 44.5);
  low.counts.resize(static_cast<std::size_t>(end - low.two_theta_deg.begin()));
  low.two_theta_deg.resize(low.counts.size());
  std::vector<CrystalStructure> structures;
  for (const char* phase : {"corundum", "zincite", "fluorite"}) {
    structures.push_back(io::load_structure(phase, datasets));
  }
  const auto instrument = config::read_instrument(datasets + "/instruments/cpd_philips3020.toml");
  const auto tables = io::read_atomic_tables(datasets + "/atomic");

  const auto alone = refine({low}, structures, instrument, tables, {}, make_engine("auto"));
  const auto beside = refine({whole, low}, structures, instrument, tables, {}, make_engine("auto"));

  EXPECT_EQ(alone[0].rwp, beside[1].rwp);
  for (std::size_t p = 0; p < 3; ++p) {
    EXPECT_EQ(alone[0].phases[p].weight_fraction, beside[1].phases[p].weight_fraction) << p;
  }
  std::printf("cpd-1g to 44.5 deg: Rwp %.7f, corundum %.7f\n", alone[0].rwp,
              alone[0].phases[0].weight_fraction);
}

TEST(CpdRoundRobin, PlatyBruciteIsQuantifiedThroughItsTexture) {
  GADOLIN_SHARED_OR_SKIP(file, "xrd/cpd_roundrobin/cpd-2.prn");
  const double weighed[4] = {21.27, 19.94, 22.53, 36.26};

  const auto result =
      refine_files({file}, {"corundum", "zincite", "fluorite", "brucite"}, "cpd_philips3020")[0];

  ASSERT_EQ(result.status, ItemStatus::ok);
  for (std::size_t p = 0; p < 4; ++p) {
    EXPECT_NEAR(100.0 * result.phases[p].weight_fraction, weighed[p], 1.0) << result.phases[p].name;
  }
  EXPECT_NEAR(result.phases[3].march_r, 0.66, 0.05);
}

TEST(PrecursorMixtures, WithLanthanumHydroxideAreQuantifiedWithinTwoAndAHalfPercent) {
  GADOLIN_SHARED_OR_SKIP(folder, "xrd/dara_precursor_mixtures");
  struct Mixture {
    std::string file;
    std::vector<std::string> phases;
    std::vector<double> grams;
  };
  const std::vector<Mixture> mixtures{{"NiO_0p7028-La(OH)3_0p1010-ZnO_0p2000--8min.xrdml",
                                       {"bunsenite", "LaOH3", "zincite"},
                                       {0.7028, 0.1010, 0.2000}},
                                      {"In2O3_0p3022-La(OH)3_0p5014-TiO2_0p2004--8min.xrdml",
                                       {"In2O3", "LaOH3", "anatase"},
                                       {0.3022, 0.5014, 0.2004}}};
  for (const auto& mixture : mixtures) {
    const auto result = refine_files({folder + "/" + mixture.file}, mixture.phases, "aeris_cu")[0];

    ASSERT_EQ(result.status, ItemStatus::ok) << mixture.file;
    const double total = mixture.grams[0] + mixture.grams[1] + mixture.grams[2];
    for (std::size_t p = 0; p < 3; ++p) {
      EXPECT_NEAR(100.0 * result.phases[p].weight_fraction, 100.0 * mixture.grams[p] / total, 2.5)
          << mixture.file << " " << mixture.phases[p];
    }
  }
}

TEST(PrecursorMixtures, ShortScanAgreesWithTheLongOneWithinTwoStandardUncertainties) {
  GADOLIN_SHARED_OR_SKIP(folder, "xrd/dara_precursor_mixtures");
  const std::vector<std::pair<std::string, std::vector<std::string>>> mixtures{
      {"V2O5_0p8011-ZrO2_0p2012", {"shcherbinaite", "baddeleyite"}},
      {"NiO_0p7028-La(OH)3_0p1010-ZnO_0p2000", {"bunsenite", "LaOH3", "zincite"}},
      {"In2O3_0p5002-MnCO3_0p5000", {"In2O3", "rhodochrosite"}},
      {"TiO2_0p4009-ZnO_0p6010", {"anatase", "rutile", "zincite"}}};
  int agree = 0, all = 0;
  for (const auto& [name, phases] : mixtures) {
    const auto results =
        refine_files({folder + "/" + name + "--8min.xrdml", folder + "/" + name + "--2min.xrdml"},
                     phases, "aeris_cu");
    for (std::size_t p = 0; p < phases.size(); ++p) {
      const auto &slow = results[0].phases[p], &fast = results[1].phases[p];
      ++all;
      agree += std::fabs(slow.weight_fraction - fast.weight_fraction) <=
                       2.0 * std::hypot(slow.u_stat, fast.u_stat)
                   ? 1
                   : 0;
    }
  }
  EXPECT_GE(agree, all - 1) << "of " << all;
}

TEST(PrecursorMixtures, PlatyVanadiumOxideIsQuantifiedThroughTheAxisItsResidualsName) {
  GADOLIN_SHARED_OR_SKIP(folder, "xrd/dara_precursor_mixtures");

  const auto result = refine_files({folder + "/V2O5_0p8011-ZrO2_0p2012--8min.xrdml"},
                                   {"shcherbinaite", "baddeleyite"}, "aeris_cu")[0];

  ASSERT_EQ(result.status, ItemStatus::ok) << result.status_text;
  EXPECT_NEAR(100.0 * result.phases[0].weight_fraction, 79.93, 1.0);
  EXPECT_LT(result.phases[0].march_r, 0.85);  // plates on (001)
}

}  // namespace
}  // namespace gadolin::diffraction
