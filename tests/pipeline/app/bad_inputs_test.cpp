#include <cmath>
#include <functional>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include "tests/pipeline/app/program.hpp"

/// Every bad input ends with the documented exit code and one line that says what, where and how to
/// mend: "error[E-...]: ... - ...". Nothing here may crash (a signal gives 128 + n).
namespace gadolin::testing_program {
namespace {

std::string good_pattern() {
  std::ostringstream text;
  for (int i = 0; i < 2000; ++i) {
    const double x = 20.0 + 0.03 * i;
    text << x << ' ' << 100 + static_cast<int>(900.0 * std::exp(-std::pow((x - 35.15) / 0.1, 2)))
         << '\n';
  }
  return text.str();
}

const char* const good_assay =
    "sample,analyte,value,unit,u,basis\nS1,La,1.2,wt%,0.02,dry\nS1,Ce,2.1,wt%,0.03,dry\n"
    "S1,Nd,0.8,wt%,0.01,dry\nS1,Sm,0.1,wt%,0.003,dry\nS1,Y,0.05,wt%,0.002,dry\n";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  if (at == std::string::npos) return text + "\nreplacement not found: " + from;
  return text.replace(at, from.size(), to);
}

struct BadInput {
  std::string name;
  std::function<std::string(const Folder&)> prepare;  ///< writes files, returns the arguments
  int exit_code;
  std::string says;  ///< must stand in the message: the file, the key, the word
};

const std::string usual = " --phases corundum,zincite --instrument cpd_philips3020 --out r.h5";

std::string diffraction(const Folder& folder, const std::string& file, const std::string& bytes) {
  folder.write(file, bytes);
  return "diffraction " + file + usual;
}

std::string with_good_pattern(const Folder& folder, const std::string& arguments) {
  folder.write("a.xy", good_pattern());
  return "diffraction a.xy " + arguments;
}

std::string origin(const Folder& folder, const std::string& bytes) {
  folder.write("t.csv", bytes);
  return "origin t.csv --out r.h5";
}

std::vector<BadInput> bad_inputs() {
  return {
      // files
      {"MissingFile", [](const Folder&) { return "diffraction no.xy" + usual; }, 3, "no.xy"},
      {"EmptyFile", [](const Folder& f) { return diffraction(f, "a.xy", ""); }, 3, "a.xy"},
      {"FolderAsFile",
       [](const Folder& f) {
         std::filesystem::create_directories(f.path("d.xy"));
         return "diffraction d.xy" + usual;
       },
       3, "d.xy"},
      {"BinaryNoise",
       [](const Folder& f) {
         std::string noise;
         unsigned state = 12345;
         for (int i = 0; i < 5000; ++i)
           noise += static_cast<char>((state = state * 1664525u + 1013904223u) >> 24);
         return diffraction(f, "a.xy", noise);
       },
       3, "a.xy"},
      {"GzipFile",
       [](const Folder& f) {
         return diffraction(f, "a.xy",
                            std::string("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03zz", 12));
       },
       3, "a.xy"},
      {"TruncatedXrdml",
       [](const Folder& f) {
         return diffraction(f, "a.xrdml",
                            "<?xml version=\"1.0\"?><xrdMeasurements "
                            "xmlns=\"http://www.xrdml.com/XRDMeasurement/"
                            "1.6\"><xrdMeasurement><scan><dataPoints><positions "
                            "axis=\"2Theta\"><startPosition>10");
       },
       3, "a.xrdml"},
      {"XrdmlWithoutScan",
       [](const Folder& f) {
         return diffraction(f, "a.xrdml",
                            "<?xml version=\"1.0\"?><xrdMeasurements "
                            "xmlns=\"http://www.xrdml.com/XRDMeasurement/1.6\"></xrdMeasurements>");
       },
       3, "a.xrdml"},
      {"BrukerRaw",
       [](const Folder& f) { return diffraction(f, "a.raw", "RAW1.01" + std::string(1000, '\0')); },
       3, "a.raw"},
      {"OneColumn",
       [](const Folder& f) { return diffraction(f, "a.xy", "10\n11\n12\n13\n14\n15\n"); }, 3,
       "a.xy"},
      {"TooFewPoints", [](const Folder& f) { return diffraction(f, "a.xy", "10 1\n11 2\n"); }, 3,
       "a.xy"},
      {"Unsorted",
       [](const Folder& f) {
         return diffraction(f, "a.xy", replaced(good_pattern(), "\n20.3 ", "\n19.3 "));
       },
       3, "a.xy:"},
      {"NotANumber",
       [](const Folder& f) {
         return diffraction(f, "a.xy", replaced(good_pattern(), "\n20.3 100", "\n20.3 nan"));
       },
       3, "a.xy:"},
      {"WordsAmongNumbers",
       [](const Folder& f) {
         return diffraction(f, "a.xy", replaced(good_pattern(), "\n20.3 100", "\n20.3 abc"));
       },
       3, "a.xy:"},
      {"NegativeCounts",
       [](const Folder& f) {
         return diffraction(f, "a.xy", replaced(good_pattern(), "\n20.3 100", "\n20.3 -100"));
       },
       3, "a.xy:"},
      {"InfiniteCounts",
       [](const Folder& f) {
         return diffraction(f, "a.xy", replaced(good_pattern(), "\n20.3 100", "\n20.3 1e999"));
       },
       3, "a.xy:"},
      {"FxyeWithoutBank",
       [](const Folder& f) {
         return diffraction(f, "a.fxye",
                            "title line of a GSAS file without its bank line\nmore words\n");
       },
       3, "a.fxye"},
      {"NoWavelength",
       [](const Folder& f) { return with_good_pattern(f, "--phases corundum --out r.h5"); }, 3,
       "E-WAVE-001"},
      // phases and structures
      {"UnknownPhase",
       [](const Folder& f) {
         return with_good_pattern(f, "--phases corundom --instrument cpd_philips3020 --out r.h5");
       },
       2, "corundum"},
      {"NoPhases",
       [](const Folder& f) {
         return with_good_pattern(f, "--instrument cpd_philips3020 --out r.h5");
       },
       2, "--phases"},
      {"EmptyPhaseName",
       [](const Folder& f) {
         return with_good_pattern(f, "--phases corundum,, --instrument cpd_philips3020 --out r.h5");
       },
       2, "phase"},
      {"PhaseNamedTwice",
       [](const Folder& f) {
         return with_good_pattern(
             f, "--phases corundum,corundum --instrument cpd_philips3020 --out r.h5");
       },
       2, "corundum"},
      {"CifMissing",
       [](const Folder& f) {
         return with_good_pattern(f, "--phases no.cif --instrument cpd_philips3020 --out r.h5");
       },
       3, "no.cif"},
      {"CifWithoutCell",
       [](const Folder& f) {
         f.write("x.cif",
                 "data_x\n_chemical_formula_sum 'Al2 "
                 "O3'\nloop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_"
                 "fract_z\nAl 0 0 0\n");
         return with_good_pattern(f, "--phases x.cif --instrument cpd_philips3020 --out r.h5");
       },
       3, "x.cif"},
      {"CifIsNoCif",
       [](const Folder& f) {
         f.write("x.cif", "this is not a cif {{{");
         return with_good_pattern(f, "--phases x.cif --instrument cpd_philips3020 --out r.h5");
       },
       3, "x.cif"},
      {"CifWithUnknownElement",
       [](const Folder& f) {
         f.write("x.cif",
                 "data_x\n_cell_length_a 4\n_cell_length_b 4\n_cell_length_c 4\n_cell_angle_alpha "
                 "90\n_cell_angle_beta 90\n_cell_angle_gamma 90\n_space_group_name_H-M_alt 'P "
                 "1'\nloop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_"
                 "site_fract_y\n_atom_site_fract_z\nQq1 Qq 0 0 0\n");
         return with_good_pattern(f, "--phases x.cif --instrument cpd_philips3020 --out r.h5");
       },
       3, "x.cif"},
      // instruments
      {"UnknownInstrument",
       [](const Folder& f) {
         return with_good_pattern(f, "--phases corundum --instrument aeris_co --out r.h5");
       },
       2, "aeris_cu"},
      {"InstrumentTypo",
       [](const Folder& f) {
         f.write("i.toml", "name = \"x\"\nradius_m = 173.0\n");
         return with_good_pattern(f, "--phases corundum --instrument i.toml --out r.h5");
       },
       2, "radius_mm"},
      {"InstrumentSyntax",
       [](const Folder& f) {
         f.write("i.toml", "name = = 3\n");
         return with_good_pattern(f, "--phases corundum --instrument i.toml --out r.h5");
       },
       2, "i.toml:1"},
      {"InstrumentWithoutLines",
       [](const Folder& f) {
         f.write("i.toml", "name = \"x\"\nradius_mm = 173.0\n");
         return with_good_pattern(f, "--phases corundum --instrument i.toml --out r.h5");
       },
       2, "i.toml"},
      // output and resources
      {"UnwritableOutput",
       [](const Folder& f) {
         return with_good_pattern(
             f, "--phases corundum --instrument cpd_philips3020 --out /proc/no/r.h5");
       },
       6, "/proc/no"},
      {"ExistingOutput",
       [](const Folder& f) {
         f.write("r.h5", "precious");
         return with_good_pattern(f, "--phases corundum --instrument cpd_philips3020 --out r.h5");
       },
       2, "--force"},
      {"EngineAbsent",
       [](const Folder& f) {
         return with_good_pattern(
             f, "--phases corundum --instrument cpd_philips3020 --engine cuda --out r.h5");
       },
       6, "cuda"},
      {"EngineUnknown",
       [](const Folder& f) {
         return with_good_pattern(
             f, "--phases corundum --instrument cpd_philips3020 --engine quantum --out r.h5");
       },
       2, "quantum"},
      {"NegativeThreads",
       [](const Folder& f) {
         return with_good_pattern(
             f, "--phases corundum --instrument cpd_philips3020 --threads -1 --out r.h5");
       },
       2, "threads"},
      {"SeedIsNoNumber",
       [](const Folder& f) {
         return with_good_pattern(
             f, "--phases corundum --instrument cpd_philips3020 --seed abc --out r.h5");
       },
       2, "seed"},
      {"UnknownVerb", [](const Folder&) { return std::string("analyze x.toml"); }, 2,
       "gadolin --help"},
      {"UnknownOption",
       [](const Folder& f) { return with_good_pattern(f, "--phases corundum --instrumnt x"); }, 2,
       "--instrumnt"},
      {"NoVerb", [](const Folder&) { return std::string(""); }, 2, "--help"},
      // cases
      {"CaseMissing", [](const Folder&) { return std::string("analyse no.toml --out r.h5"); }, 3,
       "no.toml"},
      {"CaseSyntax",
       [](const Folder& f) {
         f.write("c.toml", "[case\nid = 1\n");
         return std::string("analyse c.toml --out r.h5");
       },
       2, "c.toml:1"},
      {"CaseTypo",
       [](const Folder& f) {
         f.write("c.toml", "[case]\nidd = \"x\"\n");
         return std::string("analyse c.toml --out r.h5");
       },
       2, "c.toml:2"},
      {"CaseWithoutSample",
       [](const Folder& f) {
         f.write("c.toml", "[case]\nid = \"x\"\n");
         return std::string("analyse c.toml --out r.h5");
       },
       2, "sample"},
      // tables
      {"TableEmpty", [](const Folder& f) { return origin(f, ""); }, 3, "t.csv"},
      {"TableWithoutUnit", [](const Folder& f) { return origin(f, "sample,La,Ce\nS1,1,2\n"); }, 3,
       "La"},
      {"TableUnknownUnit",
       [](const Folder& f) { return origin(f, replaced(good_assay, "Ce,2.1,wt%", "Ce,2.1,wt")); },
       3, "t.csv:3"},
      {"TableUnknownColumn",
       [](const Folder& f) { return origin(f, replaced(good_assay, ",basis", ",bassis")); }, 3,
       "bassis"},
      {"TableUnknownElement",
       [](const Folder& f) { return origin(f, replaced(good_assay, "S1,Ce", "S1,Xx")); }, 3, "Xx"},
      {"TableNumberMalformed",
       [](const Folder& f) { return origin(f, replaced(good_assay, "2.1", "2.1.3")); }, 3,
       "t.csv:3"},
      {"TableRowShort",
       [](const Folder& f) {
         return origin(f, replaced(good_assay, "S1,Nd,0.8,wt%,0.01,dry", "S1,Nd,0.8"));
       },
       3, "t.csv:4"},
      // designs
      {"DesignMissing", [](const Folder&) { return std::string("separation no.toml --out r.h5"); },
       3, "no.toml"},
      {"DesignSyntax",
       [](const Folder& f) {
         f.write("d.toml", "a = [1,\n");
         return std::string("separation d.toml --out r.h5");
       },
       2, "d.toml"},
      {"DesignTypo",
       [](const Folder& f) {
         f.write("d.toml", "nmae = \"x\"\n");
         return std::string("separation d.toml --out r.h5");
       },
       2, "d.toml:1"},
      // results
      {"ReportMissing", [](const Folder&) { return std::string("report no.h5"); }, 3, "no.h5"},
      {"ReportOfNoHdf5",
       [](const Folder& f) {
         f.write("x.h5", "not a result");
         return std::string("report x.h5");
       },
       3, "x.h5"},
      {"VerifyMissing", [](const Folder&) { return std::string("verify no.h5"); }, 3, "no.h5"},
      {"VerifyOfNoHdf5",
       [](const Folder& f) {
         f.write("x.h5", "not a result");
         return std::string("verify x.h5");
       },
       3, "x.h5"},
  };
}

void PrintTo(const BadInput& bad, std::ostream* out) { *out << bad.name; }

class BadInputs : public testing::TestWithParam<BadInput> {};

TEST_P(BadInputs, EndWithTheDocumentedCodeAndARemedy) {
  const BadInput& bad = GetParam();
  const Folder folder("bad_" + bad.name);
  const std::string arguments = bad.prepare(folder);

  const Outcome outcome = folder.run(arguments);

  EXPECT_EQ(outcome.exit_code, bad.exit_code) << outcome.err;
  EXPECT_NE(outcome.err.find("error[E-"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find(bad.says), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find(" - "), std::string::npos) << "no remedy: " << outcome.err;
  EXPECT_TRUE(outcome.out.empty()) << outcome.out;
}

INSTANTIATE_TEST_SUITE_P(Table, BadInputs, testing::ValuesIn(bad_inputs()),
                         [](const auto& info) { return info.param.name; });

TEST(BadInput, InTheEnvironmentIsAUsageError) {
  const Folder folder("environment");

  const Outcome outcome = folder.run(with_good_pattern(folder, usual), "GADOLIN_SEED=abc");

  EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
  EXPECT_NE(outcome.err.find("GADOLIN_SEED"), std::string::npos) << outcome.err;
}

TEST(BadInput, AmongGoodOnesDoesNotLoseTheGoodOnes) {
  const Folder folder("mixed");
  folder.write("good.xy", good_pattern());
  folder.write("bad.xy", "nothing\n");

  const Outcome outcome = folder.run("diffraction good.xy bad.xy --json" + usual);

  EXPECT_EQ(outcome.exit_code, 4) << outcome.err;
  EXPECT_NE(outcome.out.find("\"good\""), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("\"bad\""), std::string::npos) << outcome.out;
  EXPECT_TRUE(std::filesystem::exists(folder.path("r.h5")));
}

TEST(BadInput, ExistingOutputIsKeptWithoutForce) {
  const Folder folder("existing");
  folder.write("r.h5", "precious");

  folder.run(with_good_pattern(folder, usual));

  EXPECT_EQ(folder.read("r.h5"), "precious");
}

}  // namespace
}  // namespace gadolin::testing_program
