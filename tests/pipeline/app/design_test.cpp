#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "io/store/datasets.hpp"
#include "tests/pipeline/app/program.hpp"

namespace gadolin {
namespace {

using testing_program::Folder;

const char* const targets = R"(name = "two products"
constants = "pc88a_chloride.toml"
[feed]
flow_l_per_h = 100.0
rare_earth_molar = 0.8
[solvent]
extractant_dimer_molar = 0.75
[[product]]
name = "light"
elements = ["La", "Ce", "Pr", "Nd"]
purity_fraction = 0.99
recovery_fraction = 0.98
[[product]]
name = "rest"
elements = ["Sm", "Eu", "Gd", "Dy", "Y"]
purity_fraction = 0.98
recovery_fraction = 0.95
)";
const char* const assay =
    "sample,La2O3 (wt%),CeO2 (wt%),Pr6O11 (wt%),Nd2O3 (wt%),Sm2O3 (wt%),Gd2O3 (wt%),Dy2O3 (wt%),"
    "Eu2O3 (wt%),CaO (wt%)\nmine,20,38,4,15,3,2,1,<0.01,2\n";

TEST(Design, AnOwnAssayBecomesCircuitsThatMeetTheTargets) {
  const Folder folder("design");
  folder.write("targets.toml", targets);
  folder.write("my.csv", assay);

  const auto outcome = folder.run("separation design targets.toml --feed my.csv --json");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto document = nlohmann::json::parse(outcome.out);
  EXPECT_TRUE(document["feasible"].get<bool>());
  for (const auto& product : document["products"]) {
    EXPECT_GE(product["purity_fraction"].get<double>(), product["target_purity"].get<double>());
    EXPECT_GE(product["recovery_fraction"].get<double>(), product["target_recovery"].get<double>());
  }
  const auto& cut = document["cuts"][0];
  EXPECT_GE(cut["extraction_stages"].get<int>() + cut["scrub_stages"].get<int>(),
            cut["fenske_stages"].get<double>());
  EXPECT_LE(document["closure_relative"].get<double>(), 1e-9);
  // what the table could not say is said
  EXPECT_NE(outcome.err.find("W-SEP-062"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("Ca"), std::string::npos);
  EXPECT_NE(outcome.err.find("W-SEP-063"), std::string::npos);
}

TEST(Design, AnInfeasibleTargetEndsWith4AndSaysWhyAndByHowMuch) {
  const Folder folder("design_not");
  std::string text = targets;
  text += "[limits]\nsolvent_l_per_h = 20.0\n";
  folder.write("targets.toml", text);
  folder.write("my.csv", assay);

  const auto outcome = folder.run("separation design targets.toml --feed my.csv --out no.h5");

  EXPECT_EQ(outcome.exit_code, 4) << outcome.err;
  EXPECT_NE(outcome.out.find("E-SEP-064"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("Nd | Sm"), std::string::npos);
  const io::hdf5::File file = io::hdf5::open_for_reading(folder.path("no.h5"));
  const io::hdf5::Group reasons(H5Gopen2(file.get(), "/design/reasons", H5P_DEFAULT));
  EXPECT_GT(io::hdf5::read_numbers(reasons.get(), "needed")[0], 20.0);
  EXPECT_EQ(io::hdf5::read_numbers(reasons.get(), "available")[0], 20.0);
}

TEST(Design, RefusesAFeedThatSaysTooLittle) {
  const Folder folder("design_feed");
  std::string weak = targets;
  weak.replace(weak.find("rare_earth_molar = 0.8"), 22, "acid_molar = 0.01");
  folder.write("targets.toml", weak);
  folder.write("my.csv", assay);
  EXPECT_NE(folder.run("separation design targets.toml --feed my.csv").err.find("E-SEP-115"),
            std::string::npos);
  EXPECT_NE(folder.run("separation design targets.toml").err.find("E-SEP-061"), std::string::npos);
}

// Iron as Fe(II) in the targets is iron with two charges in the plant made of them.
TEST(Design, APlantKnowsTheChargesOfItsTargets) {
  const Folder folder("design_charges");
  const std::string file = std::string(GADOLIN_SOURCE_DIR) + "/configs/plants/ndfeb_targets.toml";
  const auto outcome = folder.run("separation design " + file + " --plant PLANT.toml --quiet");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto again = folder.run("separation simulate PLANT.toml --json");
  EXPECT_EQ(again.exit_code, 0) << again.err;
}

}  // namespace
}  // namespace gadolin
