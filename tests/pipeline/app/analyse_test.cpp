#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/pipeline/app/program.hpp"

/// The main job on the shipped example, and with parts of it missing.
namespace gadolin::testing_program {
namespace {

using Json = nlohmann::json;

const std::string configs = std::string(GADOLIN_SOURCE_DIR) + "/configs/";

const char* const head =
    "[case]\nid = \"T\"\n[recovery]\nroute = \"sulfuric_acid_bake\"\ndraws = 500\n";

std::string sample(const std::string& rest) {
  return std::string(head) + "[[sample]]\nid = \"SZ-464\"\n" + rest;
}

std::string with_pattern() {
  return "pattern = \"" + configs +
         "example_seizure/pattern.xy\"\ninstrument = \"aeris_cu\"\n"
         "phases = [\"goethite\", \"kaolinite\", \"quartz\", \"monazite-Ce\", \"fluorapatite\", "
         "\"anatase\"]\n";
}

std::string with_assay(const std::string& file = configs + "example_seizure/assay.csv") {
  return "assay = \"" + file + "\"\n";
}

Json answer(const Outcome& outcome) {
  Json document = Json::parse(outcome.out, nullptr, false);
  EXPECT_FALSE(document.is_discarded()) << outcome.out << outcome.err;
  return document;
}

TEST(Analyse, ShippedExampleIsAnsweredWhole) {
  const Folder folder("example");

  const Outcome outcome =
      folder.run("analyse '" + configs + "example_seizure.toml' --json --out r.h5");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json row = answer(outcome)["samples"][0];
  // The truth of the synthetic pattern (configs/example_seizure/recipe.toml).
  const std::map<std::string, double> truth = {{"goethite", 0.56942},     {"kaolinite", 0.21529},
                                               {"quartz", 0.10463},       {"monazite-Ce", 0.06942},
                                               {"fluorapatite", 0.02113}, {"anatase", 0.02012}};
  for (const auto& phase : row["patterns"][0]["phases"]) {
    const double w = phase["weight_fraction"], u = phase["u_total"];
    EXPECT_NEAR(w, truth.at(phase["name"]), 2.5 * u) << phase["name"];
  }
  // Two ways to the same question must not contradict one another.
  const auto& closure = row["patterns"][0]["quantification"]["closure"];
  EXPECT_GT(closure["p_value"].get<double>(), 0.05);
  for (std::size_t p = 0; p < 6; ++p) {
    EXPECT_NEAR(closure["joint_weight_fraction"][p].get<double>(),
                truth.at(row["patterns"][0]["phases"][p]["name"]), 0.01);
  }
  EXPECT_FALSE(row["recovery"]["conflict"]);
  EXPECT_TRUE(row["recovery"]["converged"]);
  for (const auto& element : row["recovery"]["elements"]) {
    EXPECT_LT(element["closure_relative"].get<double>(), 1e-9) << element["element"];
  }
  for (const double closure : row["separation"]["closure_relative"])
    EXPECT_LT(std::abs(closure), 1e-10);
  EXPECT_EQ(row["origin"]["conclusion"], "none of these");
}

TEST(Analyse, ThreadsChangeNothing) {
  const Folder folder("threads");
  const std::string command =
      "analyse '" + configs + "example_seizure.toml' --json --force --quiet --out r.h5 ";

  const Outcome one = folder.run(command + "--threads 1");
  const Outcome two = folder.run(command + "--threads 2");

  EXPECT_EQ(one.exit_code, 0);
  EXPECT_EQ(one.out, two.out);
}

TEST(Analyse, AssayAloneGivesRecoveryWithoutPhases) {
  const Folder folder("assay_only");
  folder.write("c.toml", sample(with_assay()));

  const Outcome outcome = folder.run("analyse c.toml --json --out r.h5");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json recovery = answer(outcome)["samples"][0]["recovery"];
  EXPECT_FALSE(recovery["compared"]);
  EXPECT_GT(recovery["treo_contained_kg_per_t"]["p50"].get<double>(), 45.0);
}

TEST(Analyse, PatternAloneClaimsNoContentOfRareEarths) {
  const Folder folder("pattern_only");
  folder.write("c.toml", sample(with_pattern()));

  const Outcome outcome = folder.run("analyse c.toml --json --out r.h5");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json row = answer(outcome)["samples"][0];
  EXPECT_TRUE(row["assay"].is_null());
  EXPECT_FALSE(row["recovery"]["compared"]);
}

TEST(Analyse, HalfTheRareEarthsIsAConflictAndNothingIsAveraged) {
  const Folder folder("conflict");
  std::ifstream in(configs + "example_seizure/assay.csv");
  std::ostringstream halved;
  for (std::string line; std::getline(in, line);) {
    std::istringstream cells(line);
    std::string id, element, value, rest;
    std::getline(cells, id, ',');
    std::getline(cells, element, ',');
    std::getline(cells, value, ',');
    std::getline(cells, rest);
    const std::string ree = " La Ce Pr Nd Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Y ";
    const bool halve = id == "SZ-464" && ree.find(" " + element + " ") != std::string::npos;
    if (halve) {
      halved << id << ',' << element << ',' << 0.5 * std::stod(value) << ',' << rest << '\n';
    } else {
      halved << line << '\n';
    }
  }
  folder.write("half.csv", halved.str());
  folder.write("c.toml", sample(with_pattern() + with_assay("half.csv")));

  const Outcome outcome = folder.run("analyse c.toml --json --out r.h5");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json row = answer(outcome)["samples"][0];
  EXPECT_TRUE(row["recovery"]["conflict"]);
  for (const auto& phase : row["patterns"][0]["phases"]) {
    if (phase["name"] != "monazite-Ce") continue;
    EXPECT_NEAR(phase["weight_fraction"].get<double>(), 0.069, 0.005);
  }
}

TEST(Analyse, ChangedInputIsFoundWithBothHashes) {
  const Folder folder("verify");
  folder.write("assay.csv", [] {
    std::ifstream in(configs + "example_seizure/assay.csv");
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }());
  folder.write("c.toml", sample(with_assay("assay.csv")));
  ASSERT_EQ(folder.run("analyse c.toml --out r.h5 --quiet").exit_code, 0);
  ASSERT_EQ(folder.run("verify r.h5").exit_code, 0);
  std::string bytes = folder.read("assay.csv");
  bytes[200] ^= 1;
  folder.write("assay.csv", bytes);

  const Outcome outcome = folder.run("verify r.h5 --json");

  EXPECT_EQ(outcome.exit_code, 5) << outcome.err;
  const auto told = answer(outcome);
  for (const auto& input : told["inputs"]) {
    if (input["role"] != "assay") continue;
    EXPECT_EQ(input["outcome"], "changed");
    EXPECT_NE(input["stored_sha256"], input["found_sha256"]);
    EXPECT_EQ(input["found_sha256"].get<std::string>().size(), 64u);
  }
}

TEST(Separation, DesignsOfOneNameKeepBothResults) {
  const Folder folder("names");
  const std::string design = "'" + configs + "separation_casc_b.toml'";

  const Outcome outcome = folder.run("separation " + design + " " + design + " --json --out r.h5");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json circuits = answer(outcome)["circuits"];
  ASSERT_EQ(circuits.size(), 2u);
  EXPECT_NE(circuits[0]["name"], circuits[1]["name"]);
}

TEST(Diffraction, NameThatIsNoUtf8DoesNotLoseTheResult) {
  const Folder folder("latin1");
  std::ostringstream text;
  for (int i = 0; i < 500; ++i) text << 20.0 + 0.1 * i << ' ' << 100 + i % 7 << '\n';
  folder.write("caf\xe9.xy", text.str());

  const Outcome outcome =
      folder.run("diffraction caf*.xy --phases corundum --instrument cpd_philips3020 --json");

  EXPECT_TRUE(outcome.exit_code == 0 || outcome.exit_code == 4) << outcome.err;
  EXPECT_EQ(answer(outcome)["samples"].size(), 1u);
}

}  // namespace
}  // namespace gadolin::testing_program
