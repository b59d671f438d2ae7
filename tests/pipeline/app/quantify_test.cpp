// What a laboratory may state about a specimen, through the program: one test per option.
#include <cmath>
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/pipeline/app/program.hpp"

namespace gadolin::testing_program {
namespace {

using Json = nlohmann::json;

const std::string settings = R"(instrument = "cpd_philips3020"
seed = 3
two_theta_min_deg = 15.0
two_theta_max_deg = 80.0
step_deg = 0.03
strongest_counts = 6000.0
background_counts = [120.0, -20.0]
)";

std::string phase(const std::string& name, double weight_fraction) {
  return "[[phase]]\nname = \"" + name +
         "\"\nweight_fraction = " + std::to_string(weight_fraction) + "\n";
}

/// A drawn pattern in the folder, as text.
void draw(const Folder& folder, const std::string& name, const std::string& recipe) {
  folder.write(name + ".toml", "title = \"" + name + "\"\n" + settings + recipe);
  const auto drawn = folder.run("simulate diffraction " + name + ".toml --out " + name + ".xy");
  ASSERT_EQ(drawn.exit_code, 0) << drawn.err;
}

Json fit(const Folder& folder, const std::string& arguments) {
  const auto outcome = folder.run("diffraction " + arguments + " --json --quiet");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  return outcome.out.empty() ? Json() : Json::parse(outcome.out)["samples"][0];
}

const std::string instrument = " --instrument cpd_philips3020";

TEST(ExternalStandard, OfItselfIsTheWholeSpecimenAndHalfOfItAtHalfTheAbsorption) {
  const Folder folder("external_standard");
  draw(folder, "pure", phase("corundum", 1.0));
  folder.write("assay.csv", "sample,Al wt%\nplate,52.925\n");

  const auto whole = fit(folder,
                         "pure.xy --phases corundum --assay assay.csv:plate "
                         "--external-standard pure.xy,corundum=100wt%" +
                             instrument);
  const auto parts = whole["quantification"]["absolute"][0]["parts"];
  EXPECT_EQ(whole["quantification"]["absolute"][0]["method"], "external standard");
  EXPECT_NEAR(parts[0]["weight_fraction"].get<double>(), 1.0, 0.005);

  // Mass absorption of corundum at Cu K-alpha is 31.6 cm2/g; a specimen that absorbs half as much
  // holds half as much for the same scale.
  const auto half = fit(folder,
                        "pure.xy --phases corundum --mu-mass 15.8+-0.1 "
                        "--external-standard pure.xy,corundum=100wt%" +
                            instrument);
  EXPECT_NEAR(half["quantification"]["absolute"][0]["parts"][0]["weight_fraction"].get<double>(),
              0.5, 0.01);

  const auto refused = folder.run(
      "diffraction pure.xy --phases corundum --external-standard "
      "pure.xy,corundum" +
      instrument);
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find("E-XRD-145"), std::string::npos) << refused.err;
}

TEST(CalibratedHump, MadeOnOneMixtureMeasuresTheGlassOfAnother) {
  const Folder folder("calibrated_hump");
  const std::string glass = "[[hump]]\ncentre_deg = 24.0\nfwhm_deg = 9.0\n";
  draw(folder, "known", "amorphous_fraction = 0.40\n" + glass + phase("corundum", 1.0));
  draw(folder, "unknown",
       "amorphous_fraction = 0.25\n" + glass + phase("corundum", 0.5) + phase("quartz", 0.5));
  const std::string hump = " --hump glass=24:9 --background 3" + instrument;

  const auto known = fit(folder,
                         "known.xy --phases corundum --calibrate-phase "
                         "glass=40wt%,corundum=60wt%" +
                             hump);
  const double zmv = known["quantification"]["calibrated"][0]["zmv"].get<double>();
  ASSERT_GT(zmv, 0.0);
  // The simulator gives glass the mean scattering power of the crystalline part per mass, so the
  // constant moves with the phases: here by a few per cent between corundum and corundum + quartz.
  const auto unknown =
      fit(folder, "unknown.xy --phases corundum,quartz --zmv glass=" + std::to_string(zmv) + hump);
  const auto& absolute = unknown["quantification"]["absolute"][0];
  EXPECT_EQ(absolute["method"], "calibrated humps");
  EXPECT_EQ(absolute["parts"][2]["name"], "glass");
  const double found = absolute["parts"][2]["weight_fraction"].get<double>();
  EXPECT_GT(found, 0.10);
  EXPECT_LT(found, 0.50);
  double sum = 0.0;
  for (const auto& part : absolute["parts"]) sum += part["estimate"].get<double>();
  EXPECT_NEAR(sum, 1.0, 1e-9);

  // The same mixture measured with its own calibration is what was weighed.
  const auto again =
      fit(folder, "known.xy --phases corundum --zmv glass=" + std::to_string(zmv) + hump);
  EXPECT_NEAR(again["quantification"]["absolute"][0]["parts"][1]["weight_fraction"].get<double>(),
              0.40, 1e-4);
}

TEST(MeasuredBlank, IsFittedWithItsOwnScale) {
  const Folder folder("blank");
  draw(folder, "sample", phase("corundum", 0.6) + phase("zincite", 0.4));
  // A holder with a step and a slope no polynomial of three terms imitates.
  std::istringstream lines(folder.read("sample.xy"));
  std::ostringstream with, blank;
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    double x = 0.0, y = 0.0;
    if (line.empty() || line[0] == '#' || !(fields >> x >> y)) continue;
    const double holder = x < 32.0 ? 400.0 - 5.0 * x : 60.0;
    with << x << ' ' << std::llround(y + 1.5 * holder) << '\n';
    blank << x << ' ' << std::llround(holder) << '\n';
  }
  folder.write("sample_on_holder.xy", with.str());
  folder.write("holder.xy", blank.str());

  const auto result = fit(folder,
                          "sample_on_holder.xy --phases corundum,zincite --background 4 "
                          "--blank holder.xy" +
                              instrument);
  EXPECT_NEAR(result["quantification"]["blank"]["scale"].get<double>(), 1.5, 0.03);
  EXPECT_NEAR(result["phases"][0]["weight_fraction"].get<double>(), 0.6, 0.01);
}

TEST(Closure, ComparesTheElementsOfThePhasesWithTheAssay) {
  const Folder folder("closure");
  draw(folder, "mix", phase("corundum", 0.6) + phase("zincite", 0.4));
  folder.write("assay.csv", "sample,Al wt%,Zn wt%\nright,31.76,32.14\nwrong,20.0,45.0\n");

  const auto right =
      fit(folder, "mix.xy --phases corundum,zincite --assay assay.csv:right" + instrument);
  const auto& closure = right["quantification"]["closure"];
  EXPECT_EQ(closure["degrees_of_freedom"], 2);
  EXPECT_GT(closure["p_value"].get<double>(), 0.05);
  EXPECT_NEAR(closure["joint_weight_fraction"][0].get<double>(), 0.6, 0.02);

  const auto wrong =
      fit(folder, "mix.xy --phases corundum,zincite --assay assay.csv:wrong" + instrument);
  EXPECT_LT(wrong["quantification"]["closure"]["p_value"].get<double>(), 0.01);
  EXPECT_NE(wrong["warnings"].dump().find("W-XRD-143"), std::string::npos);
}

TEST(CaseFile, TakesTheSameStatementsAboutASpecimen) {
  const Folder folder("quantify_case");
  draw(folder, "pure", phase("corundum", 1.0));
  folder.write("assay.csv", "sample,Al wt%\nA,52.925\n");
  std::string holder;
  for (int k = 0; k <= 130; ++k) {
    holder += std::to_string(15.0 + 0.5 * k) + (k < 40 ? " 80\n" : " 30\n");
  }
  folder.write("holder.xy", holder);
  folder.write("case.toml", R"([case]
id = "plate"
title = "a plate of corundum"
[diffraction]
phases = ["corundum"]
instrument = "cpd_philips3020"
uncertainty = "quick"
blank = "holder.xy"
closure = true
[diffraction.external_standard]
pattern = "pure.xy"
phase = "corundum"
crystalline_pct = 100.0
[[diffraction.hump]]
name = "glass"
centre_deg = 24.0
fwhm_deg = 9.0
[[diffraction.zmv]]
phase = "glass"
value = 1000.0
[[diffraction.rir]]
phase = "corundum"
value = 1.0
[origin]
enabled = false
[[sample]]
id = "A"
pattern = "pure.xy"
assay = "assay.csv"
)");

  const auto outcome = folder.run("analyse case.toml --out case.h5 --json --quiet");

  ASSERT_TRUE(outcome.exit_code == 0 || outcome.exit_code == 4) << outcome.err;
  for (const char* word : {"external standard", "calibrated humps", "blank", "chi_square", "rir"}) {
    EXPECT_NE(outcome.out.find(word), std::string::npos) << word << outcome.out.substr(0, 3000);
  }
  folder.write("bad.toml",
               "[case]\nid = \"x\"\ntitle = \"y\"\n[diffraction]\nmethod = \"summation\"\n"
               "[[sample]]\nid = \"A\"\npattern = \"pure.xy\"\nphases = [\"auto\"]\n");
  const auto refused = folder.run("analyse bad.toml --out bad.h5");
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find("references"), std::string::npos) << refused.err;
}

TEST(IntensityRatios, StandBesideTheFractionsByStructure) {
  const Folder folder("rir");
  draw(folder, "mix", phase("corundum", 0.6) + phase("zincite", 0.4));

  // 4.55: measured for zincite in the RockJock library (Eberl 2003); corundum is 1 by definition.
  const auto result =
      fit(folder, "mix.xy --phases corundum,zincite --rir corundum=1,zincite=4.55" + instrument);
  EXPECT_NEAR(result["quantification"]["rir"][0]["weight_fraction"].get<double>(), 0.6, 0.03);

  const auto refused =
      folder.run("diffraction mix.xy --phases corundum,zincite --rir corundum=1" + instrument);
  EXPECT_NE(refused.err.find("E-XRD-142"), std::string::npos) << refused.err;
}

TEST(Summation, RunsFromTwoTablesToFractions) {
  const Folder folder("summation");
  draw(folder, "one", phase("corundum", 1.0));
  draw(folder, "two", phase("zincite", 1.0));
  draw(folder, "mix", phase("corundum", 0.6) + phase("zincite", 0.4));
  // The simulator scales every pattern to one height, as libraries do; its backgrounds are alike.
  std::istringstream a(folder.read("one.xy")), b(folder.read("two.xy"));
  std::ostringstream table;
  table << "tth,CORUNDUM,ZINCITE\n";
  std::string one, two;
  while (std::getline(a, one) && std::getline(b, two)) {
    std::istringstream fa(one), fb(two);
    double x = 0.0, y = 0.0, z = 0.0;
    if (one.empty() || one[0] == '#' || !(fa >> x >> y) || !(fb >> x >> z)) continue;
    table << x << ',' << y << ',' << z << '\n';
  }
  folder.write("patterns.csv", table.str());
  folder.write("phases.csv", "phase_id,phase_name,rir\nCORUNDUM,Corundum,1\nZINCITE,Zincite,5.4\n");
  ASSERT_EQ(folder.run("library import --patterns patterns.csv --phases phases.csv --out lib.h5")
                .exit_code,
            0);

  const auto result = fit(folder,
                          "mix.xy --method summation --references lib.h5 --phases "
                          "corundum,zincite --out sum.h5");
  EXPECT_EQ(result["method"], "full-pattern summation");
  EXPECT_NEAR(result["phases"][0]["weight_fraction"].get<double>(), 0.6, 0.03);
  EXPECT_EQ(folder.run("report sum.h5 --out sum.html").exit_code, 0);
  EXPECT_NE(folder.read("sum.html").find("Full-pattern summation"), std::string::npos);

  // "SPHALERITE" has no structure in the library, but a formula; the pattern is zincite's.
  std::string renamed = folder.read("patterns.csv");
  renamed.replace(renamed.find("ZINCITE"), 7, "SPHALERITE");
  folder.write("renamed.csv", renamed);
  folder.write("sulfide.csv",
               "phase_id,phase_name,rir\nCORUNDUM,Corundum,1\nSPHALERITE,Sphalerite,5\n");
  ASSERT_EQ(
      folder.run("library import --patterns renamed.csv --phases sulfide.csv --out s.h5").exit_code,
      0);
  const std::string search = "mix.xy --method summation --references s.h5 --phases auto ";
  EXPECT_EQ(fit(folder, search + "--elements Al,Zn,S")["phases"].size(), 2u);
  EXPECT_EQ(fit(folder, search + "--elements Al,Zn")["summation"]["references"], 1);

  const auto refused = folder.run("diffraction mix.xy --method summation --phases corundum");
  EXPECT_NE(refused.err.find("E-XRD-152"), std::string::npos) << refused.err;
  const auto unknown = folder.run(
      "diffraction mix.xy --method summation --references lib.h5 "
      "--phases zincit");
  EXPECT_NE(unknown.err.find("did you mean \"zincite\""), std::string::npos) << unknown.err;
}

}  // namespace
}  // namespace gadolin::testing_program
