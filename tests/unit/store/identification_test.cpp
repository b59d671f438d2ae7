#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/store/datasets.hpp"
#include "io/store/hdf5.hpp"
#include "io/store/result_file.hpp"
#include "tests/unit/store/made_up_results.hpp"
#include "tests/unit/store/scratch_folder.hpp"

namespace gadolin {
namespace {

using io::ResultFile;

diffraction::PatternResult searched() {
  auto result = made_up::pattern_result(0, 50, "A");
  diffraction::Identification found;
  found.undetermined = true;
  found.candidates = 47;
  diffraction::FoundPhase phase;
  phase.name = "monazite-Ce";
  phase.not_told_apart.emplace_back("monazite-La");
  phase.not_told_apart.emplace_back("monazite-Nd");
  phase.rare_earth = true;
  phase.probability = 0.97;
  phase.delta_bic = 150.0;
  phase.resolved_lines = 28;
  found.phases.push_back(phase);
  diffraction::PhaseHypothesis best, other;
  best.phases = {"goethite", "monazite-Ce"};
  best.probability = 0.9;
  other.phases.emplace_back("goethite");
  other.bic = 5.6;
  found.hypotheses.push_back(best);
  found.hypotheses.push_back(other);
  found.absent_rare_earth.push_back({"bastnasite-Ce", 0.004});
  found.absent_rare_earth.push_back({"zeoliteY_La_model", 1.0});
  result.identification = found;
  return result;
}

TEST(StoredIdentification, ComesBackWithItsAlternativesAndLimits) {
  ScratchFolder folder;
  const std::string path = folder / "out.h5";
  ResultFile file = ResultFile::create(path, false);
  const auto result = searched();
  file.write_pattern("A", made_up::pattern(result), result);
  file.close();

  const auto opened = io::hdf5::open_for_reading(path);
  const auto group = io::hdf5::group(opened.get(), "sample_A/identification");
  EXPECT_EQ(io::hdf5::read_integers(group.get(), "undetermined"), std::vector<std::int64_t>{1});
  EXPECT_EQ(io::hdf5::read_integers(group.get(), "candidates"), std::vector<std::int64_t>{47});
  EXPECT_THAT(io::hdf5::read_texts(group.get(), "found/phase"),
              testing::ElementsAre("monazite-Ce"));
  EXPECT_THAT(io::hdf5::read_texts(group.get(), "found/not_told_apart"),
              testing::ElementsAre("monazite-La, monazite-Nd"));
  EXPECT_THAT(io::hdf5::read_numbers(group.get(), "found/probability"), testing::ElementsAre(0.97));
  EXPECT_TRUE(std::isnan(io::hdf5::read_numbers(group.get(), "found/member_share")[0]));
  EXPECT_THAT(io::hdf5::read_texts(group.get(), "hypotheses/phases"),
              testing::ElementsAre("goethite, monazite-Ce", "goethite"));
  const auto lod = io::hdf5::read_numbers(group.get(), "absent_rare_earth/lod_weight_fraction");
  ASSERT_EQ(lod.size(), 2u);
  EXPECT_DOUBLE_EQ(lod[0], 0.004);
  EXPECT_TRUE(std::isnan(lod[1])) << "nothing can be said is no number";
}

TEST(StoredIdentification, IsAbsentWhereNobodySearched) {
  ScratchFolder folder;
  const std::string path = folder / "out.h5";
  ResultFile file = ResultFile::create(path, false);
  const auto result = made_up::pattern_result(0, 50, "A");
  file.write_pattern("A", made_up::pattern(result), result);
  file.close();

  const auto opened = io::hdf5::open_for_reading(path);
  EXPECT_EQ(H5Lexists(opened.get(), "sample_A/identification", H5P_DEFAULT), 0);
}

}  // namespace
}  // namespace gadolin
