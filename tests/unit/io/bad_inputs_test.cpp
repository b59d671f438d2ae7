// Every input that must be refused: the code, the place and a remedy stand in the message.
#include <filesystem>
#include <fstream>
#include <functional>
#include <ostream>
#include <string>

#include <gtest/gtest.h>

#include "io/config/case.hpp"
#include "io/config/toml_table.hpp"
#include "io/readers/cif.hpp"
#include "io/readers/element_table.hpp"
#include "io/readers/file_bytes.hpp"
#include "io/readers/pattern.hpp"
#include "io/readers/structure_library.hpp"

namespace gadolin {
namespace {

/// A scan of 20 points, 10.0 to 11.9 deg, with line `replaced` (1-based) replaced.
std::string scan(int replaced = 0, const std::string& line = "") {
  std::string text;
  for (int i = 0; i < 20; ++i) {
    text += i + 1 == replaced ? line + "\n"
                              : std::to_string(10 + i / 10) + "." + std::to_string(i % 10) + " " +
                                    std::to_string(100 + 7 * i) + "\n";
  }
  return text;
}

std::string xrdml(const std::string& points) {
  return "<xrdMeasurements xmlns=\"http://www.xrdml.com/XRDMeasurement/1.5\"><xrdMeasurement>"
         "<scan scanAxis=\"Gonio\"><dataPoints>" +
         points + "</dataPoints></scan></xrdMeasurement></xrdMeasurements>";
}

const std::string positions =
    "<positions axis=\"2Theta\" unit=\"deg\"><startPosition>10</startPosition>"
    "<endPosition>20</endPosition></positions>";
const std::string twelve = "1 2 3 4 5 6 7 8 9 10 11 12";

std::string cif(const std::string& cell, const std::string& symmetry, const std::string& sites) {
  return "data_x\n" + cell + symmetry +
         "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
         "_atom_site_occupancy\n" +
         sites;
}
const std::string cubic = "_cell_length_a 5.4\n_cell_length_b 5.4\n_cell_length_c 5.4\n";
const std::string fm3m = "_space_group_name_H-M_alt 'F m -3 m'\n";
const std::string ce = "Ce1 0 0 0 1\n";

std::string sample_case(const std::string& text) { return "[case]\nid = \"1\"\n" + text; }

enum class Reader { pattern, cif, table, case_file };

struct BadInput {
  const char* name;
  Reader reader;
  std::string bytes;
  const char* code;
  const char* where;  ///< a part of Error::where()
  ExitCode exit = ExitCode::invalid_input;
};

void PrintTo(const BadInput& input, std::ostream* out) { *out << input.name; }

const std::vector<BadInput>& bad_inputs() {
  using R = Reader;
  constexpr auto usage = ExitCode::usage;
  static const std::vector<BadInput> list = {
      // patterns
      {"BinaryNoise", R::pattern, std::string("\x01\x02\x00\x7f\x80\xff", 6), "E-FMT-001", "in"},
      {"Utf16Text", R::pattern, std::string("\xFF\xFE\x31\x00", 4), "E-FMT-001", "in"},
      {"BrukerRawVersion1", R::pattern, "RAW \x01\x02", "E-XRD-013", "in"},
      {"BrukerRawVersion2", R::pattern, "RAW2\x01\x02", "E-XRD-013", "in"},
      {"BrukerRawVersion4", R::pattern, "RAW4.00\x01\x02", "E-XRD-012", "in"},
      {"GzipFile", R::pattern, std::string("\x1F\x8B\x08\x00", 4), "E-FMT-014", "in"},
      {"RigakuRas", R::pattern, "*RAS_DATA_START\n", "E-XRD-012", "in"},
      {"PhilipsUdf", R::pattern, "SampleIdent,x,/\n", "E-XRD-003", "in"},
      {"HtmlPage", R::pattern, "<html><body>404</body></html>", "E-FMT-001", "in"},
      {"StructureCifAsPattern", R::pattern, cif(cubic, fm3m, ce), "E-FMT-001", "in"},
      {"NoNumbers", R::pattern, "hello\nworld\n", "E-XRD-003", "in"},
      {"OneColumn", R::pattern, "1\n2\n3\n4\n5\n", "E-XRD-002", "in:1"},
      {"EmptyQuotesBesideACommaNumber", R::pattern, "1,5 \"\" 2\n", "E-XRD-003", "in"},
      {"WordInTheMiddle", R::pattern, scan(8, "10.7 abc"), "E-XRD-003", "in:8"},
      {"LineCutOff", R::pattern, scan(20, "11.9"), "E-XRD-003", "in:20"},
      {"ThreeNumbersInOneLine", R::pattern, scan(9, "10.8 1 2"), "E-XRD-003", "in:9"},
      {"CommasEverywhere", R::pattern, "10,00,153,5\n10,02,161,5\n10,04,141,5\n", "E-XRD-004",
       "in:1"},
      {"TooFewPoints", R::pattern, "10 1\n11 2\n12 3\n", "E-XRD-005", "in"},
      {"NanCount", R::pattern, scan(5, "10.4 nan"), "E-XRD-006", "in:5"},
      {"InfiniteCount", R::pattern, scan(6, "10.5 1e999"), "E-XRD-006", "in:6"},
      {"UnsortedAngles", R::pattern, scan(12, "10.3 177"), "E-XRD-007", "in:12"},
      {"RepeatedAngle", R::pattern, scan(13, "11.1 177"), "E-XRD-007", "in:13"},
      {"NegativeCounts", R::pattern, scan(3, "10.2 -4"), "E-XRD-008", "in:3"},
      {"AnglesBeyond180", R::pattern, scan(20, "250.0 7"), "E-XRD-009", "in:20"},
      {"AllZero", R::pattern, "1 0\n2 0\n3 0\n4 0\n5 0\n6 0\n7 0\n8 0\n9 0\n10 0\n11 0\n",
       "E-XRD-010", "in"},
      {"TruncatedXml", R::pattern, xrdml(positions + "<counts>" + twelve).substr(0, 240),
       "E-XRD-011", "in:1"},
      {"XmlWithoutScan", R::pattern, "<xrdMeasurements></xrdMeasurements>", "E-XRD-012", "in"},
      {"RockingCurve", R::pattern,
       xrdml("<positions axis=\"2Theta\"><commonPosition>30</commonPosition></positions><counts>" +
             twelve + "</counts>"),
       "E-XRD-012", "in"},
      {"AttenuationOfOtherLength", R::pattern,
       xrdml(positions + "<beamAttenuationFactors>1 1 1</beamAttenuationFactors><counts>" + twelve +
             "</counts>"),
       "E-XRD-014", "in:1"},
      {"WordAmongXmlCounts", R::pattern, xrdml(positions + "<counts>1 2 x 4</counts>"), "E-XRD-003",
       "in:1"},
      {"GsasTooShort", R::pattern, "title\nBANK 1 30 3 CONST 1000 2 0 0 STD\n     609     612\n",
       "E-XRD-013", "in:3"},
      {"GsasTimeOfFlight", R::pattern, "title\nBANK 1 30 3 RALF 1000 2 0 0 STD\n     609\n",
       "E-FMT-014", "in:2"},
      {"GsasZeroStep", R::pattern, "title\nBANK 1 30 3 CONST 1000 0 0 0 STD\n     609\n",
       "E-XRD-003", "in:2"},
      {"UxdWithoutStep", R::pattern, "_FILEVERSION=1\n_COUNTS\n1 2 3\n", "E-XRD-002", "in:2"},
      // structures
      {"NotACif", R::cif, "hello world", "E-CIF-001", "in:1"},
      {"CifTextNeverClosed", R::cif, "data_x\n_a 'open\n", "E-CIF-001", "in:2"},
      {"CifWithoutCell", R::cif, cif("", fm3m, ce), "E-CIF-002", "in"},
      {"CifCellNotANumber", R::cif, cif("_cell_length_a ?\n", fm3m, ce), "E-CIF-002",
       "in:2 (_cell_length_a)"},
      {"CifCellAnglesImpossible", R::cif,
       cif(cubic + "_cell_angle_alpha 60\n_cell_angle_beta 60\n_cell_angle_gamma 160\n", fm3m, ce),
       "E-CIF-002", "in"},
      {"CifWithoutSites", R::cif, "data_x\n" + cubic + fm3m, "E-CIF-003", "in"},
      {"CifCoordinateMissing", R::cif, cif(cubic, fm3m, "Ce1 0 ? 0 1\n"), "E-CIF-004", "Ce1"},
      {"CifOccupancyImpossible", R::cif, cif(cubic, fm3m, "Ce1 0 0 0 7\n"), "E-CIF-004", "Ce1"},
      {"CifUnknownElement", R::cif, cif(cubic, fm3m, "Qq1 0 0 0 1\n"), "E-CIF-005", "Qq1"},
      {"CifAmbiguousLabel", R::cif, cif(cubic, fm3m, "CE1 0 0 0 1\n"), "E-CIF-005", "CE1"},
      {"CifUnreadableOperator", R::cif,
       cif(cubic, "loop_\n_symmetry_equiv_pos_as_xyz\n'x,y,z'\n'x,q,z'\n", ce), "E-CIF-006",
       "symmetry operator 2"},
      {"CifOperatorsNoGroup", R::cif,
       cif(cubic, "loop_\n_symmetry_equiv_pos_as_xyz\n'x,y,z'\n'-y,x,z'\n", ce), "E-CIF-007",
       "symmetry list"},
      {"CifOperatorsAgainstSymbol", R::cif,
       cif(cubic, fm3m + "loop_\n_symmetry_equiv_pos_as_xyz\n'x,y,z'\n", ce), "E-CIF-007",
       "symmetry list"},
      {"CifWithoutSymmetry", R::cif, cif(cubic, "", ce), "E-CIF-008", "in"},
      {"CifOriginNotStated", R::cif, cif(cubic, "_space_group_name_H-M_alt 'F d -3 m'\n", ce),
       "E-CIF-008", "in"},
      {"CifTwoStructures", R::cif,
       cif(cubic, fm3m, ce) + "data_y\n" + cif(cubic, fm3m, ce).substr(7), "E-CIF-009", "in"},
      // element tables
      {"TableEmptyHeaderOnly", R::table, "sample,La (ppm)\n", "E-TAB-002", "in"},
      {"TableIsAWorkbook", R::table, "PK\x03\x04xl/", "E-CSV-001", "in"},
      {"TableQuoteNeverClosed", R::table, "sample,La (ppm)\n\"A,1\n", "E-CSV-002", "in:2"},
      {"TableUnknownColumn", R::table, "sample,La (ppm),colour\nA,1,red\n", "E-TAB-001",
       "in:1 (column 3)"},
      {"TableUnknownLongColumn", R::table, "sample,analyte,value,unit,methid\nA,La,1,ppm,x\n",
       "E-TAB-001", "in:1 (column 5)"},
      {"TableUnknownAnalyte", R::table, "sample,analyte,value,unit\nA,Lx,1,ppm\n", "E-TAB-001",
       "in:2"},
      {"TableAnalyteTwice", R::table, "sample,Ce (ppm),Ce (wt%)\nA,1,1\n", "E-TAB-003",
       "in:1 (column 3)"},
      {"TableElementAndItsOxide", R::table, "sample,Ce (ppm),CeO2 (ppm)\nA,1,1\n", "E-TAB-003",
       "in:2"},
      {"TableSampleTwice", R::table, "sample,Ce (ppm)\nA,1\nA,2\n", "E-TAB-003", "in:3"},
      {"TableCobaltOrCarbonMonoxide", R::table, "sample,CO (ppm)\nA,1\n", "E-TAB-004",
       "in:1 (column 2)"},
      {"TableWordForANumber", R::table, "sample,La (ppm)\nA,12\nB,about 5\n", "E-TAB-005",
       "in:3 (column La (ppm))"},
      {"TableNan", R::table, "sample,La (ppm)\nA,NaN\n", "E-TAB-005", "in:2"},
      {"TableThousandsComma", R::table, "sample,La (ppm)\nA,\"1,234\"\n", "E-TAB-006", "in:2"},
      {"TableNegativeUncertainty", R::table, "sample,La (ppm),u_La\nA,5,-1\n", "E-TAB-007", "in:2"},
      {"TableShortRow", R::table, "sample,La (ppm),Ce (ppm)\nA,1\n", "E-TAB-008", "in:2"},
      {"TableMoreThanAll", R::table, "sample,La (wt%)\nA,120\n", "E-TAB-009", "in:2"},
      {"TableUnknownUnit", R::table, "sample,La (pmp)\nA,1\n", "E-UNIT-001", "in:1 (column 2)"},
      {"TableWithoutUnit", R::table, "sample,La (ppm),Nd\nA,1,2\n", "E-UNIT-003", "column Nd"},
      {"TableOfALiquor", R::table, "sample,La (mg/L)\nA,1\n", "E-UNIT-004", "in:1 (column 2)"},
      {"TableUnknownBasis", R::table, "sample,La (ppm),basis\nA,1,moist\n", "E-UNIT-002", "in:2"},
      // cases
      {"CaseTomlTypo", R::case_file, "[case]\nid = open\n", "E-TOML-001", "in:2", usage},
      {"CaseStrayCharacterBehindAQuoteInAWord", R::case_file,
       "[case]\nid = --EE'E%E\xC2\xBA\xE2\x80\x87,E\n", "E-TOML-001", "in:2", usage},
      {"CaseStrayCharacterOutsideQuotes", R::case_file, "[case]\nid\xCE\x9E = \"1\"\n",
       "E-TOML-001", "in:2", usage},
      {"DecimalCommaInAnEndlessNumber", R::pattern,
       "10,10;5\n10,20;5\n10,30;5\n" + std::string(60, '1') + ",5;5\n", "E-XRD-003", "in:4"},
      {"CaseUnknownKey", R::case_file, sample_case("titel = \"x\"\n[[sample]]\nid = \"A\"\n"),
       "E-TOML-002", "in:3", usage},
      {"CaseUnknownTable", R::case_file,
       sample_case("[orgin]\n[[sample]]\nid = \"A\"\nassay = \"t.csv\"\n"), "E-TOML-002", "in:3",
       usage},
      {"CaseWithoutId", R::case_file, "[case]\ntitle = \"x\"\n", "E-TOML-003", "in:1", usage},
      {"CaseNumberForText", R::case_file, "[case]\nid = 5\n", "E-TOML-004", "in:2", usage},
      {"CaseValueOutOfRange", R::case_file, sample_case("[origin]\nprior_unknown = 3\n"),
       "E-TOML-005", "in:4", usage},
      {"CaseUnknownEngine", R::case_file, sample_case("[run]\nengine = \"opemp\"\n"), "E-TOML-006",
       "in:4", usage},
      {"CaseSampleIdTwice", R::case_file,
       sample_case("[[sample]]\nid = \"A\"\nassay = \"t.csv\"\n[[sample]]\nid = \"A\"\nassay = "
                   "\"t.csv\"\n"),
       "E-CASE-001", "in:6", usage},
      {"CaseSampleIdUnusable", R::case_file, sample_case("[[sample]]\nid = \"a/b\"\n"),
       "E-CASE-001", "in:4", usage},
      {"CaseSampleWithoutData", R::case_file, sample_case("[[sample]]\nid = \"A\"\n"), "E-CASE-002",
       "in:3", usage},
      {"CasePatternWithoutPhases", R::case_file,
       sample_case("[[sample]]\nid = \"A\"\npattern = \"a.xy\"\n"), "E-CASE-003", "in:3", usage},
      {"CaseRowWithoutTable", R::case_file,
       sample_case("[[sample]]\nid = \"A\"\nassay_row = \"x\"\n"), "E-CASE-004", "in:5", usage},
  };
  return list;
}

class BadInputs : public testing::TestWithParam<BadInput> {};

TEST_P(BadInputs, AreRefusedWithCodePlaceAndRemedy) {
  const BadInput& input = GetParam();

  try {
    switch (input.reader) {
      case Reader::pattern:
        io::parse_patterns(input.bytes, "in");
        break;
      case Reader::cif:
        io::parse_cif(input.bytes, "in");
        break;
      case Reader::table:
        io::parse_element_table(input.bytes, "in");
        break;
      case Reader::case_file:
        config::parse_case(input.bytes, "in", false);
        break;
    }
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), input.code) << error.what();
    EXPECT_NE(error.where().find(input.where), std::string::npos) << error.what();
    EXPECT_EQ(error.where().substr(0, 2), "in") << error.what();
    EXPECT_GE(error.remedy().size(), 8u) << error.what();
    EXPECT_EQ(static_cast<int>(error.exit()), static_cast<int>(input.exit)) << error.what();
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << "one line, please";
  }
}

INSTANTIATE_TEST_SUITE_P(Io, BadInputs, testing::ValuesIn(bad_inputs()),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(BadFiles, AreRefusedWithTheirName) {
  const auto folder = std::filesystem::temp_directory_path();
  const std::string empty = (folder / "gadolin_bad_empty.xy").string();
  std::ofstream(empty).close();
  const std::vector<std::pair<std::string, std::string>> files = {
      {(folder / "gadolin_no_such_file.xy").string(), "E-FILE-001"},
      {folder.string(), "E-FILE-002"},
      {empty, "E-FILE-005"}};

  for (const auto& file : files) {
    const std::string &path = file.first, &code = file.second;  // clang 14: no captured bindings
    for (const auto& read : std::vector<std::function<void()>>{
             [&] { io::read_patterns(path); }, [&] { io::read_cif(path); },
             [&] { io::read_element_table(path); }, [&] { config::read_case(path); }}) {
      try {
        read();
        ADD_FAILURE() << path << " accepted";
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), code) << error.what();
        EXPECT_NE(error.where().find(path), std::string::npos) << error.what();
        EXPECT_FALSE(error.remedy().empty());
        EXPECT_EQ(static_cast<int>(error.exit()), 3);
      }
    }
  }
  std::filesystem::remove(empty);
}

TEST(BadFiles, ALargeFileIsRefusedBeforeItIsRead) {
  const std::string path =
      (std::filesystem::temp_directory_path() / "gadolin_large_file.xy").string();
  std::ofstream(path) << std::string(2000, '1');

  EXPECT_THROW(
      {
        try {
          io::read_file(path, "pattern", 1000);
        } catch (const Error& error) {
          EXPECT_EQ(error.code(), "E-FILE-004");
          throw;
        }
      },
      Error);
  std::filesystem::remove(path);
}

TEST(BadFiles, ACaseNamesTheLineOfAFileThatIsNotThere) {
  try {
    config::parse_case("[case]\nid = \"1\"\n[[sample]]\nid = \"A\"\nassay = \"absent/table.csv\"\n",
                       "/tmp/case.toml", true);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "E-CASE-005");
    EXPECT_EQ(error.where(), "/tmp/case.toml:5");
    EXPECT_EQ(static_cast<int>(error.exit()), 3);
  }
}

TEST(FileBytes, Sha256MatchesThePublishedVector) {
  // FIPS 180-4 example: SHA-256 of "abc".
  EXPECT_EQ(io::sha256_hex("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace gadolin
