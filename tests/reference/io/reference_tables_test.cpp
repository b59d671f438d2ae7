#include "io/readers/reference_tables.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>

#include <gtest/gtest.h>
#include <unistd.h>

#include "io/store/pattern_library.hpp"
#include "models/core/error.hpp"
#include "tests/shared_data.hpp"

namespace gadolin::io {
namespace {

/// The numbers below were read off the tables with another program (zcat, cut).
TEST(ReferenceTables, TheRockJockLibraryIsReadWhole) {
  GADOLIN_SHARED_OR_SKIP(patterns, "xrd/rockjock_mixtures/library_patterns.csv.gz");
  GADOLIN_SHARED_OR_SKIP(phases, "xrd/rockjock_mixtures/library_phases.csv");

  InputFile first, second;
  const auto library = read_reference_tables(patterns, phases, &first, &second);

  EXPECT_EQ(first.role, "library");
  EXPECT_EQ(second.sha256.size(), 64u);
  ASSERT_EQ(library.phases.size(), 168u);
  ASSERT_EQ(library.two_theta_deg.size(), 3001u);
  EXPECT_DOUBLE_EQ(library.two_theta_deg.front(), 5.0);
  EXPECT_DOUBLE_EQ(library.two_theta_deg.back(), 65.0);
  EXPECT_EQ(library.rir_reference, "CORUNDUM");
  const auto& quartz = library.phases[static_cast<std::size_t>(library.index_of("QUARTZ"))];
  EXPECT_DOUBLE_EQ(quartz.rir, 3.540439254);
  EXPECT_EQ(quartz.intensity[0], 118.0);
  EXPECT_EQ(*std::max_element(quartz.intensity.begin(), quartz.intensity.end()), 10000.0);
  const auto strongest =
      std::max_element(quartz.intensity.begin(), quartz.intensity.end()) - quartz.intensity.begin();
  EXPECT_NEAR(library.two_theta_deg[static_cast<std::size_t>(strongest)], 26.64, 0.1);
  int background = 0, amorphous = 0, clay = 0;
  for (const auto& phase : library.phases) {
    background += phase.kind == diffraction::ReferenceKind::background;
    amorphous += phase.kind == diffraction::ReferenceKind::amorphous;
    clay += phase.kind == diffraction::ReferenceKind::clay;
  }
  EXPECT_EQ(background, 2);
  EXPECT_EQ(amorphous, 17);
  EXPECT_EQ(clay, 43);
}

TEST(ReferenceTables, ImportedAndReadBackTheRockJockLibraryIsTheSame) {
  GADOLIN_SHARED_OR_SKIP(patterns, "xrd/rockjock_mixtures/library_patterns.csv.gz");
  GADOLIN_SHARED_OR_SKIP(phases, "xrd/rockjock_mixtures/library_phases.csv");
  const auto library = read_reference_tables(patterns, phases);
  const std::string path = testing::TempDir() + "rockjock." + std::to_string(::getpid()) + ".h5";
  write_pattern_library(path, library, true);

  const auto back = read_pattern_library(path);
  std::filesystem::remove(path);

  ASSERT_EQ(back.phases.size(), library.phases.size());
  EXPECT_EQ(back.two_theta_deg, library.two_theta_deg);
  for (std::size_t p = 0; p < library.phases.size(); ++p) {
    EXPECT_EQ(back.phases[p].id, library.phases[p].id);
    EXPECT_EQ(back.phases[p].group, library.phases[p].group);
    EXPECT_EQ(back.phases[p].kind, library.phases[p].kind);
    EXPECT_EQ(back.phases[p].rir, library.phases[p].rir);
    EXPECT_EQ(back.phases[p].intensity, library.phases[p].intensity);
  }
}

TEST(ReferenceTables, TablesThatDoNotMatchNameTheCulprit) {
  const std::string folder = testing::TempDir() + "tables." + std::to_string(::getpid()) + "/";
  std::filesystem::create_directories(folder);
  const auto write = [&](const std::string& name, const std::string& text) {
    std::ofstream(folder + name) << text;
    return folder + name;
  };
  const auto failure = [&](const std::string& patterns, const std::string& phases) -> std::string {
    try {
      read_reference_tables(write("patterns.csv", patterns), write("phases.csv", phases));
    } catch (const Error& error) {
      return error.code() + " " + error.text();
    }
    return "accepted";
  };
  const std::string phases = "phase_id,phase_name,rir\nA,Alpha,1\nB,Beta,2\n";
  EXPECT_EQ(failure("tth,A,B\n5,1,2\n6,3,4\n", phases), "accepted");
  EXPECT_NE(failure("tth,A\n5,1\n6,3\n", phases).find("E-LIB-021 no pattern of B"),
            std::string::npos);
  EXPECT_NE(failure("tth,A,B,C\n5,1,2,3\n6,3,4,5\n", phases).find("\"C\" is not in the table"),
            std::string::npos);
  EXPECT_NE(failure("tth,A,B\n5,1,2\n6,3,x\n", phases).find("E-LIB-022"), std::string::npos);
  EXPECT_NE(failure("tth,A,B\n5,1,2\n6,3\n", phases).find("patterns.csv:3"), std::string::npos);
  EXPECT_NE(failure("tth,A,B\n6,1,2\n5,3,4\n", phases).find("does not increase"),
            std::string::npos);
  EXPECT_NE(failure("tth,A,B\n5,1,2\n6,3,4\n", "phase_id,phase_name\nA,a\n").find("\"rir\""),
            std::string::npos);
  EXPECT_NE(failure("tth,A,A\n5,1,2\n6,3,4\n", "phase_id,phase_name,rir\nA,a,1\nA,a,1\n")
                .find("named twice"),
            std::string::npos);
  EXPECT_NE(failure(std::string("\x1f\x8b garbage"), phases).find("E-LIB-022"), std::string::npos);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace gadolin::io
