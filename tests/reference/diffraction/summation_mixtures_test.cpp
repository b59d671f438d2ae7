// Clay-rich mixtures of weighed minerals, summed from measured patterns of pure ones.
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "io/readers/csv.hpp"
#include "io/readers/pattern.hpp"
#include "io/readers/reference_tables.hpp"
#include "models/diffraction/summation.hpp"
#include "tests/shared_data.hpp"

namespace gadolin::diffraction {
namespace {

/// Weighed wt% of the whole specimen, truth_wt_percent.csv: quartz, K-feldspar, plagioclase,
/// kaolinite, dioctahedral smectite, illite; 20 wt% corundum added to each.
const std::map<std::string, std::array<double, 6>> weighed{{"Mix1", {0, 4, 20, 12, 36, 8}},
                                                           {"Mix3", {8, 12, 0, 36, 4, 20}},
                                                           {"Mix5", {20, 36, 8, 4, 12, 0}},
                                                           {"Mix6", {36, 0, 12, 8, 20, 4}},
                                                           {"Mix8", {8, 4, 4, 0, 24, 40}}};
const std::array<const char*, 6> groups{
    "Quartz", "K-feldspar",           "Plagioclase",
    "Kaolin", "Expandable/ML Dioct.", "Illitic/Micaceous Dioct."};

RefinementOptions with_corundum() {
  RefinementOptions options;
  options.quantify.internal_standard.phase = "CORUNDUM";
  options.quantify.internal_standard.added_fraction = 0.20;
  return options;
}

/// Fractions of the whole specimen, wt%, by group.
std::map<std::string, double> grouped(const PatternResult& result) {
  std::map<std::string, double> found;
  for (const auto& group : result.quantification.groups) {
    if (group.has_absolute) found[group.name] = 80.0 * group.absolute_fraction;
  }
  return found;
}

TEST(ClayMixtures, OfKnownReferencesAreFoundWithinAMeanErrorOf0p8) {
  GADOLIN_SHARED_OR_SKIP(folder, "xrd/rockjock_mixtures");
  const auto library = io::read_reference_tables(folder + "/library_patterns.csv.gz",
                                                 folder + "/library_phases.csv");
  SummationOptions asked;
  asked.references = {"QUARTZ",         "ORDERED_MICROCLINE",   "LABRADORITE",
                      "ILLITE_1M_RM30", "KAOLINITE_DRY_BRANCH", "MONTMORILLONITE_WYO",
                      "CORUNDUM"};
  double sum = 0.0;
  int inside = 0;
  for (const auto& [id, truth] : weighed) {
    const auto result = sum_references(io::read_patterns(folder + "/" + id + ".xy"), library, asked,
                                       with_corundum(), make_engine("serial"))
                            .front();
    ASSERT_EQ(result.status, ItemStatus::ok) << id << result.status_text;
    EXPECT_LT(result.quantification.summation.front().shift_deg, -0.15) << id;
    const auto found = grouped(result);
    for (const auto& group : result.quantification.groups) {
      for (std::size_t k = 0; k < groups.size(); ++k) {
        if (group.name != groups[k]) continue;
        const double error = found.at(group.name) - truth[k];
        sum += std::fabs(error);
        inside += std::fabs(error) < 2.0 * 80.0 * group.u_absolute ? 1 : 0;
      }
    }
  }
  EXPECT_LE(sum / 30.0, 0.8);
  EXPECT_GE(inside, 27);  // 90 % within 2 u_total
}

TEST(ClayMixtures, AmongAllReferencesEveryMineralThatIsNoClayIsFound) {
  GADOLIN_SHARED_OR_SKIP(folder, "xrd/rockjock_mixtures");
  const auto library = io::read_reference_tables(folder + "/library_patterns.csv.gz",
                                                 folder + "/library_phases.csv");
  double sum = 0.0;
  int count = 0;
  for (const char* id : {"Mix1", "Mix6"}) {  // all five: docs/measurements/quantification.md
    const auto result = sum_references(io::read_patterns(folder + "/" + id + ".xy"), library, {},
                                       with_corundum(), make_engine("serial"))
                            .front();
    ASSERT_EQ(result.status, ItemStatus::ok) << id << result.status_text;
    auto found = grouped(result);
    const auto& truth = weighed.at(id);
    for (std::size_t k = 0; k < groups.size(); ++k, ++count) {
      if (k < 3 && truth[k] > 0.0) {
        EXPECT_GT(found[groups[k]], 0.0) << id << " " << groups[k];
      }
      sum += std::fabs(found[groups[k]] - truth[k]);
    }
  }
  EXPECT_LE(sum / count, 3.0);
}

}  // namespace
}  // namespace gadolin::diffraction
