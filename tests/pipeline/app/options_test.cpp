#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "tests/pipeline/app/program.hpp"

/// What a user types by mistake: values of options that are none, options that would do nothing,
/// and outputs that would replace what was read.
namespace gadolin::testing_program {
namespace {

const char* const liquor =
    "quantity,value,unit\nLa2O3,18.2,g/L\nNd2O3,19.6,g/L\nSm2O3,2.9,g/L\nacid,0.02,mol/L\n"
    "flow,2.0,m3/h\n";
const char* const targets =
    "name = \"three\"\nconstants = \"pc88a_chloride.toml\"\n[feed]\nflow_l_per_h = 2000.0\n"
    "[solvent]\nextractant_dimer_molar = 0.5\n"
    "[[product]]\nname = \"La\"\nelements = [\"La\"]\n[[product]]\nname = \"rest\"\n"
    "elements = [\"Nd\", \"Sm\"]\n";
const char* const recipe =
    "title = \"one line\"\ninstrument = \"cpd_philips3020\"\nseed = 1\ntwo_theta_min_deg = 20.0\n"
    "two_theta_max_deg = 40.0\nstep_deg = 0.05\nstrongest_counts = 1000.0\n"
    "background_counts = [50.0]\n[[phase]]\nname = \"corundum\"\nweight_fraction = 1.0\n";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

struct Typed {
  std::string name, words, code, says;
};

void PrintTo(const Typed& typed, std::ostream* out) { *out << typed.name; }

class Mistyped : public testing::TestWithParam<Typed> {};

TEST_P(Mistyped, IsAUsageErrorThatNamesTheWord) {
  const Typed& typed = GetParam();
  const Folder folder("typed_" + typed.name);
  std::string pattern;
  for (int i = 0; i < 400; ++i) pattern += std::to_string(20.0 + 0.1 * i) + " 100\n";
  folder.write("a.xy", pattern);

  const Outcome outcome = folder.run(typed.words);

  EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
  EXPECT_NE(outcome.err.find("error[" + typed.code + "]"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find(typed.says), std::string::npos) << outcome.err;
}

const std::string fit = "diffraction a.xy --phases corundum,zincite --instrument cpd_philips3020 ";

INSTANTIATE_TEST_SUITE_P(
    Words, Mistyped,
    testing::Values(
        Typed{"Harmonics", fit + "--harmonics 5", "E-XRD-147", "\"5\""},
        Typed{"Standard", fit + "--internal-standard corundum", "E-XRD-140", "corundum"},
        Typed{"StandardShare", fit + "--internal-standard corundum=nanwt%", "E-XRD-140", "nan"},
        Typed{"Particle", fit + "--particle-um -5", "E-XRD-140", "-5"},
        Typed{"External", fit + "--external-standard a.xy", "E-XRD-140", "a.xy"},
        Typed{"Hump", fit + "--hump glass=24:0", "E-XRD-140", "glass=24:0"},
        Typed{"Zmv", fit + "--zmv glass=-1", "E-XRD-140", "glass=-1"},
        Typed{"Calibrate", fit + "--calibrate-phase foo", "E-XRD-140", "foo"},
        Typed{"Rir", fit + "--rir corundum=nan,zincite=3", "E-XRD-140", "nan"},
        Typed{"AngleNan", fit + "--two-theta-min nan", "E-CLI-001", "nan"},
        Typed{"AnglesTurned", fit + "--two-theta-min 50 --two-theta-max 40", "E-CLI-001", "50"},
        Typed{"SeedNegative", fit + "--seed -1", "E-CLI-001", "-1"},
        Typed{"MuMassIdle", fit + "--mu-mass 48", "E-XRD-163", "--external-standard"},
        Typed{"MaxPhasesIdle", fit + "--max-phases 3", "E-XRD-163", "--phases auto"},
        Typed{"ShiftIdle", fit + "--largest-shift 0.1", "E-XRD-163", "summation"},
        Typed{"CellNegative", "calibrate a.xy --standard LaB6 --cell-a -5", "E-CLI-001", "-5"},
        Typed{"Verb", "orgin a.csv", "E-CLI-001", "did you mean origin?"}),
    [](const auto& info) { return info.param.name; });

TEST(Output, NeverReplacesWhatWasRead) {
  const Folder folder("output");
  folder.write("recipe.toml", recipe);
  folder.write("targets.toml", targets);
  folder.write("liquor.csv", liquor);
  ASSERT_EQ(folder.run("simulate diffraction recipe.toml --out a.xy").exit_code, 0);
  ASSERT_EQ(folder.run("diffraction a.xy --phases corundum --instrument cpd_philips3020 --out r.h5")
                .exit_code,
            0);
  const std::string result = folder.read("r.h5");

  for (const std::string words : {"simulate diffraction recipe.toml --out recipe.toml",
                                  "separation design targets.toml --feed liquor.csv --plant "
                                  "targets.toml",
                                  "separation design targets.toml --feed liquor.csv --plant "
                                  "liquor.csv",
                                  "report r.h5 --out r.h5"}) {
    const auto outcome = folder.run(words + " --force");
    EXPECT_EQ(outcome.exit_code, 2) << words;
    EXPECT_NE(outcome.err.find("E-OUT-005"), std::string::npos) << outcome.err;
  }

  EXPECT_EQ(folder.read("recipe.toml"), recipe);
  EXPECT_EQ(folder.read("targets.toml"), targets);
  EXPECT_EQ(folder.read("liquor.csv"), liquor);
  EXPECT_EQ(folder.read("r.h5"), result);
}

TEST(Output, ItsFolderIsMade) {
  const Folder folder("output_folder");
  folder.write("recipe.toml", recipe);

  EXPECT_EQ(folder.run("simulate diffraction recipe.toml --out new/deep/a.xy").exit_code, 0);
  const auto fitted = folder.run(
      "diffraction new/deep/a.xy --phases corundum --instrument cpd_philips3020 --out other/r.h5");

  EXPECT_EQ(fitted.exit_code, 0) << fitted.err;
  EXPECT_TRUE(std::filesystem::exists(folder.path("other/r.h5")));
}

TEST(Liquor, ImpossibleOrDoubleRowsAreRefused) {
  const Folder folder("liquor");
  folder.write("targets.toml", targets);
  struct Change {
    std::string from, to, says;
  };
  for (const Change& change :
       {Change{"acid,0.02", "acid,-3", "-3 mol/L"}, Change{"La2O3,18.2", "La2O3,1e9", "1e9 g/L"},
        Change{"La2O3,18.2", "Nd2O3,18.2", "twice"}, Change{"flow,2.0", "flow,0", "flow"}}) {
    folder.write("liquor.csv", replaced(liquor, change.from, change.to));
    const auto outcome = folder.run("separation design targets.toml --feed liquor.csv");
    EXPECT_EQ(outcome.exit_code, 3) << change.to;
    EXPECT_NE(outcome.err.find("E-FEED-007"), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find(change.says), std::string::npos) << outcome.err;
  }
}

TEST(Table, OfASpreadsheetThatWritesNoUtf8IsReadAndSaysSo) {
  const Folder folder("windows");
  folder.write("t.csv",
               "sample,La2O3 (wt%),CeO2 (wt%),Pr6O11 (wt%),Nd2O3 (wt%)\nM\xfcller,1.2,2,0.3,1\n");

  const auto outcome = folder.run("origin t.csv --out r.h5");

  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("M\xc3\xbcller"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.err.find("W-TAB-002"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace gadolin::testing_program
