#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/pipeline/app/program.hpp"

/// gadolin library, as a user meets it.
namespace gadolin::testing_program {
namespace {

using Json = nlohmann::json;

std::string shipped_corundum() {
  std::ifstream in(std::string(GADOLIN_SOURCE_DIR) + "/datasets/structures/standard/corundum.cif");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(Library, EveryShippedStructurePassesItsChecks) {
  const Folder folder("library_all");

  const Outcome outcome = folder.run("library check --json");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json document = Json::parse(outcome.out);
  EXPECT_GE(document["phases"].size(), 191u);
  for (const auto& phase : document["phases"]) {
    EXPECT_TRUE(phase["check"]["faults"].empty()) << phase.dump();
  }
}

TEST(Library, AnAtomOutOfPlaceIsAFaultThatNamesTheDistance) {
  const Folder folder("library_bad");
  std::string cif = shipped_corundum();
  const std::size_t at = cif.find("0.35228");
  ASSERT_NE(at, std::string::npos);
  folder.write("moved.cif", cif.replace(at, 7, "0.30000"));

  const Outcome outcome = folder.run("library check moved.cif");

  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_NE(outcome.out.find("Al1 and Al1 are 1.30 angstrom apart"), std::string::npos)
      << outcome.out;
}

TEST(Library, BondsAndDensityOfCorundumAreThoseOfTheHandbooks) {
  const Folder folder("library_corundum");

  const Outcome outcome = folder.run("library check corundum --json");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json check = Json::parse(outcome.out)["phases"][0]["check"];
  EXPECT_NEAR(check["shortest"][0]["angstrom"].get<double>(), 1.855, 0.005);  // Lewis et al. 1982
  EXPECT_NEAR(check["density_g_per_cm3"].get<double>(), 3.987, 0.005);        // SRM 676a
}

TEST(Library, AFilterThatNamesNoElementIsRefused) {
  const Folder folder("library_filter");

  const Outcome outcome = folder.run("library list --elements Xx");

  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("E-LIB-031"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace gadolin::testing_program
