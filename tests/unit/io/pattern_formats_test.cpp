// Readers of instrument formats on files written here: layouts as the measured files have them
// (tests/reference/io compares those), with values known by construction.
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <hdf5.h>

#include "io/readers/pattern.hpp"
#include "io/readers/zip_archive.hpp"
#include "io/store/pattern_file.hpp"
#include "models/core/error.hpp"
#include "tests/stored_zip.hpp"

namespace gadolin::io {
namespace {

using diffraction::Pattern;

/// A seed of the fuzzers: 24 points from 20 deg in steps of 0.02, a peak of 1000 at point 11.
std::string seed(const std::string& name) {
  std::ifstream stream(std::string(GADOLIN_SOURCE_DIR) + "/tests/fuzz/corpus/" + name,
                       std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(stream)), {});
}

double seed_counts(int point) {
  return std::round(100.0 + 900.0 * std::exp(-0.5 * std::pow((point - 11) / 2.0, 2)));
}

void expect_the_seed(const Pattern& pattern, double start_deg, double relative = 0.0) {
  ASSERT_EQ(pattern.counts.size(), 24u);
  for (int i = 0; i < 24; ++i) {
    EXPECT_NEAR(pattern.two_theta_deg[i], start_deg + 0.02 * i, 1e-9);
    EXPECT_NEAR(pattern.counts[i], seed_counts(i), relative * seed_counts(i) + 1e-9);
  }
}

std::string code_of(const std::function<void()>& read) {
  try {
    read();
  } catch (const Error& error) {
    EXPECT_FALSE(error.remedy().empty()) << error.what();
    EXPECT_FALSE(error.where().empty()) << error.what();
    return error.code();
  }
  return "accepted";
}

std::string code_of(const std::string& bytes) {
  return code_of([&] { parse_patterns(bytes, "in"); });
}

template <typename T>
std::string patched(std::string bytes, std::size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
  return bytes;
}

TEST(BrukerRaw, EveryVersionGivesItsRanges) {
  for (const char* name : {"v1", "v2", "v3", "v4"}) {
    SCOPED_TRACE(name);
    const auto patterns =
        parse_patterns(seed(fmt::format("bruker_raw/{}_two_ranges.raw", name)), "a.raw");
    ASSERT_EQ(patterns.size(), 2u);
    expect_the_seed(patterns[0], 20.0);
    EXPECT_GT(patterns[1].two_theta_deg[0], 24.0);
    EXPECT_EQ(patterns[0].id, "a");
    EXPECT_EQ(patterns[1].id, "a#2");
    EXPECT_TRUE(patterns[0].counts_are_poisson);
    ASSERT_EQ(patterns[0].wavelength_angstrom.size(), 2u);
    EXPECT_NEAR(patterns[0].wavelength_angstrom[0], 1.5406, 1e-4);
    EXPECT_DOUBLE_EQ(patterns[0].wavelength_angstrom[1], 1.54439);
    EXPECT_GT(patterns[0].step_time_s, 0.5);
  }
}

TEST(BrukerRaw, TheKBetaLineIsTakenWhereItWasUsed) {
  // Range header of version 3 at byte 712; the wavelength used at 240 of it.
  const auto bytes = patched(seed("bruker_raw/v3_two_ranges.raw"), 712 + 240, 1.39222);

  const auto pattern = parse_patterns(bytes, "a.raw").at(0);

  EXPECT_EQ(pattern.wavelength_angstrom, std::vector<double>{1.39222});
  EXPECT_EQ(pattern.kalpha2_ratio, 0.0);
}

TEST(BrukerRaw, ARockingCurveIsLeftOutWithAWord) {
  const auto patterns = parse_patterns(seed("bruker_raw/v4_rocking.raw"), "a.raw");

  ASSERT_EQ(patterns.size(), 1u);
  EXPECT_DOUBLE_EQ(patterns[0].two_theta_deg[0], 30.0);
  ASSERT_EQ(patterns[0].warnings.size(), 1u);
  EXPECT_EQ(patterns[0].warnings[0].code, "W-XRD-006");
}

TEST(BrukerRaw, DamagedHeadersAreErrors) {
  const std::string v3 = seed("bruker_raw/v3_two_ranges.raw");
  const std::string v4 = seed("bruker_raw/v4_two_ranges.raw");
  EXPECT_EQ(code_of(v3.substr(0, v3.size() - 1)), "E-XRD-013");
  EXPECT_EQ(code_of(patched<std::uint32_t>(v3, 12, 3)), "E-XRD-013");                   // ranges
  EXPECT_EQ(code_of(patched<std::uint32_t>(v3, 712 + 4, 4'000'000'000)), "E-XRD-003");  // points
  EXPECT_EQ(code_of(patched<std::uint32_t>(v3, 712 + 4, 400)), "E-XRD-013");
  EXPECT_EQ(code_of(patched<std::uint32_t>(v3, 712 + 252, 0)), "E-XRD-003");  // record length
  EXPECT_EQ(code_of(patched<std::uint32_t>(v3, 712, 4)), "E-XRD-013");        // header length
  EXPECT_EQ(code_of(patched<double>(v3, 712 + 176, -0.02)), "E-XRD-002");     // step
  EXPECT_EQ(code_of(patched<double>(v3, 712 + 16, NAN)), "E-XRD-002");        // start
  EXPECT_EQ(code_of(patched<float>(v3, 712 + 304 + 8, NAN)), "E-XRD-006");    // a count
  EXPECT_EQ(code_of(patched<std::uint32_t>(v4, 61 + 4, 0)), "E-XRD-013");     // segment length
  EXPECT_EQ(code_of("RAW9.99" + std::string(600, '\0')), "E-FMT-014");
}

TEST(PhilipsRd, CountsAreTheSquareOfWhatIsStored) {
  const auto pattern = parse_patterns(seed("philips_rd/plain.rd"), "a.rd").at(0);

  expect_the_seed(pattern, 20.0, 0.01);  // the stored root has steps of 1
  EXPECT_EQ(pattern.counts[11], 316.0 * 316.0 / 100.0);
  EXPECT_NEAR(pattern.sigma[11], std::sqrt(998.56 * (1.0 + 1.0 / 300.0)), 1e-9);
  EXPECT_EQ(pattern.wavelength_angstrom, (std::vector<double>{1.54056, 1.54439}));
  EXPECT_EQ(pattern.kalpha2_ratio, 0.5);
}

TEST(PhilipsRd, DamagedHeadersAreErrors) {
  const std::string rd = seed("philips_rd/plain.rd");
  EXPECT_EQ(code_of(rd.substr(0, 100)), "E-XRD-013");
  EXPECT_EQ(code_of(rd.substr(0, rd.size() - 2)), "E-XRD-013");
  EXPECT_EQ(code_of(patched(rd, 214, 0.0)), "E-XRD-002");
  EXPECT_EQ(code_of(patched(rd, 214, 1e-300)), "E-XRD-002");  // absurdly many points
  EXPECT_EQ(code_of(patched(rd, 230, double{NAN})), "E-XRD-002");
  EXPECT_EQ(code_of("V5RD" + rd.substr(4)), "E-FMT-014");
}

TEST(PhilipsUdf, TheAxisComesFromRangeAndStep) {
  const auto pattern = parse_patterns(seed("philips_udf/plain.udf"), "a.udf").at(0);

  expect_the_seed(pattern, 20.0);
  EXPECT_EQ(pattern.reader, "Philips UDF");
  EXPECT_EQ(pattern.step_time_s, 1.0);
  EXPECT_EQ(pattern.wavelength_angstrom, (std::vector<double>{1.54056, 1.54439}));
}

TEST(PhilipsUdf, WhatDoesNotFitIsAnError) {
  const std::string udf = seed("philips_udf/plain.udf");
  EXPECT_EQ(code_of(udf.substr(0, udf.size() - 2)), "E-XRD-013");  // without the "/"
  std::string other = udf;
  other.replace(other.find("20.4600"), 7, "25.4600");
  EXPECT_EQ(code_of(other), "E-XRD-014");
  other = udf;
  other.replace(other.find("ScanStepSize"), 12, "ScanStepSite");
  EXPECT_EQ(code_of(other), "E-XRD-002");
}

TEST(RigakuRas, CountsRatesAndScansOverOtherAxes) {
  const auto patterns = parse_patterns(seed("ras/two_scans.ras"), "a.ras");

  ASSERT_EQ(patterns.size(), 2u);
  expect_the_seed(patterns[0], 20.0);
  EXPECT_TRUE(patterns[0].counts_are_poisson);
  EXPECT_DOUBLE_EQ(patterns[0].step_time_s, 1.0);  // 0.02 deg at 1.2 deg/min
  // Rates that are whole counts per second: sigma is that of the counts.
  ASSERT_EQ(patterns[1].sigma.size(), 24u);
  EXPECT_DOUBLE_EQ(patterns[1].sigma[11], std::sqrt(1000.0));
}

TEST(RigakuRas, AnAttenuatorIsUndoneOnceHoweverTheFileStoresIt) {
  const std::string detected = seed("ras/attenuator.ras");  // factor 10 at five points
  std::string undone;
  for (std::size_t at = 0; at < detected.size();) {
    const std::size_t end = std::min(detected.find('\n', at), detected.size() - 1);
    double angle = 0.0, counts = 0.0, factor = 0.0;
    const std::string line = detected.substr(at, end + 1 - at);
    undone += std::sscanf(line.c_str(), "%lf %lf %lf", &angle, &counts, &factor) == 3
                  ? fmt::format("{:.4f} {} {:.4f}\r\n", angle, counts * factor, factor)
                  : line;
    at = end + 1;
  }

  const auto a = parse_patterns(detected, "a.ras"), b = parse_patterns(undone, "b.ras");

  ASSERT_EQ(a.size(), 1u);  // the scan over Phi is left out
  EXPECT_EQ(a[0].counts, b[0].counts);
  EXPECT_EQ(a[0].sigma, b[0].sigma);
  EXPECT_EQ(a[0].counts[11], 1000.0);
  EXPECT_DOUBLE_EQ(a[0].sigma[11], std::sqrt(100.0) * 10.0);
  std::vector<std::string> codes;
  for (const auto& warning : a[0].warnings) codes.push_back(warning.code);
  EXPECT_EQ(codes, (std::vector<std::string>{"W-XRD-008", "W-XRD-006"}));
}

TEST(RigakuRas, TheAxisMayBeNamedInGreekOfAnyEncoding) {
  std::string ras = seed("ras/two_scans.ras");
  ras.replace(ras.find("TwoThetaTheta"), 13, "2\x83\xC6/\x83\xC6");  // Shift-JIS
  EXPECT_EQ(parse_patterns(ras, "a.ras").size(), 2u);
}

TEST(Patterns, MessagesShowNoControlCharacters) {
  std::string ras = seed("ras/two_scans.ras");
  ras.replace(ras.find("TwoThetaTheta"), 13, "\x1B[2J\x83\xC6 Phi \xCE\xB8");

  const auto patterns = parse_patterns(ras, "a.ras");

  ASSERT_EQ(patterns.at(0).warnings.size(), 1u);
  EXPECT_NE(patterns[0].warnings[0].text.find("\"?[2J?? Phi \xCE\xB8\""), std::string::npos)
      << patterns[0].warnings[0].text;
  try {
    parse_patterns("_FILEVERSION=1\n_COUNTS\n1 \x1B[31m 2\n", "a.uxd");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()),
              "E-XRD-003: \"?[31m\" is no number in a.uxd:3 - mend the line or export again");
  }
}

TEST(RigakuRas, BrokenBlocksAreErrors) {
  const std::string ras = seed("ras/two_scans.ras");
  EXPECT_EQ(code_of(ras.substr(0, ras.find("*RAS_INT_END"))), "E-XRD-013");
  std::string other = ras;
  other.replace(other.find("20.0000"), 7, "20.0x00");
  EXPECT_EQ(code_of(other), "E-XRD-003");
}

/// A RASX of scans whose first count is their number.
std::string rasx(const std::vector<int>& numbers, bool deflated = true) {
  std::vector<std::string> texts;
  std::vector<ZipMember> members;
  for (const int number : numbers) {
    texts.push_back(fmt::format("20.0\t{}\t1\r\n20.1\t5\t1\r\n20.2\t7\t1\r\n", number));
  }
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    members.push_back({fmt::format("Data{0}/Profile{0}.txt", numbers[i]), texts[i], deflated});
  }
  return make_zip(members);
}

TEST(RigakuRasx, ScansComeInTheOrderOfTheirNumbers) {
  const auto patterns = parse_patterns(rasx({10, 2, 0}), "a.rasx");

  ASSERT_EQ(patterns.size(), 3u);
  EXPECT_EQ(patterns[0].reader, "RASX Data0/Profile0.txt");
  EXPECT_EQ(patterns[1].counts[0], 2.0);
  EXPECT_EQ(patterns[2].counts[0], 10.0);
}

TEST(RigakuRasx, ConditionsGiveWavelengthAndTime) {
  const auto pattern = parse_patterns(seed("rasx/plain.rasx"), "a.rasx").at(0);

  expect_the_seed(pattern, 20.0);
  EXPECT_EQ(pattern.wavelength_angstrom, std::vector<double>{1.540593});
  EXPECT_DOUBLE_EQ(pattern.step_time_s, 1.0);
}

TEST(BrukerBrml, ColumnsAreFoundByTheirNames) {
  const auto pattern = parse_patterns(seed("brml/plain.brml"), "a.brml").at(0);

  EXPECT_EQ(pattern.reader, "BRML Experiment0/RawData0.xml");
  ASSERT_EQ(pattern.counts.size(), 24u);
  EXPECT_DOUBLE_EQ(pattern.counts[0], 100.0);
  EXPECT_DOUBLE_EQ(pattern.counts[11], 8300.0);
  EXPECT_DOUBLE_EQ(pattern.sigma[11], 8.3 * std::sqrt(1000.0));
  EXPECT_EQ(pattern.wavelength_angstrom, (std::vector<double>{1.5406, 1.54439}));
}

TEST(BrukerBrml, ACounterComesBeforeASensor) {
  std::string xml = seed("brml/wrapped.xml");
  const std::string sensor =
      "<RawDataView xsi:type=\"RecordedRawDataView\" Start=\"3\" Length=\"1\"><Recording "
      "Category=\"Temperature\"/></RawDataView>";
  xml.insert(xml.find("<RawDataView xsi:type=\"RecordedRawDataView\""), sensor);

  const auto pattern = parse_patterns(make_zip({{"Experiment0/RawData0.xml", xml}}), "a").at(0);

  EXPECT_DOUBLE_EQ(pattern.counts[11], 8300.0);
}

TEST(BrukerBrml, DifferentCountingTimesAreEvenedAndPointsNotMeasuredDropped) {
  std::string xml = seed("brml/wrapped.xml");
  const std::size_t first = xml.find("<Datum>1,");
  xml.replace(first, 9, "<Datum>2,");  // counted twice as long: half the rate
  xml.replace(xml.find(",100</Datum>", first + 40), 12, ",-9999</Datum>");

  const auto pattern =
      parse_patterns(make_zip({{"Experiment0/RawData0.xml", xml, true}}), "a.brml").at(0);

  ASSERT_EQ(pattern.counts.size(), 23u);
  const double mean = 24.0 / 23.0;
  EXPECT_DOUBLE_EQ(pattern.counts[0], 100.0 * mean / 2.0);
  EXPECT_DOUBLE_EQ(pattern.sigma[0], 10.0 * mean / 2.0);
  EXPECT_DOUBLE_EQ(pattern.step_time_s, mean);
  EXPECT_EQ(pattern.warnings.at(0).code, "W-XRD-002");
}

TEST(ZipArchives, BombsAndDamageAreErrorsNotMemory) {
  EXPECT_EQ(default_inflated_limit_bytes, 128u << 20);
  const std::string zeros(2 << 20, '0');
  const std::string bomb = make_zip({{"Data0/Profile0.txt", zeros, true}});
  EXPECT_LT(bomb.size(), 4000u);
  EXPECT_EQ(code_of([&] { ZipArchive(bomb, "in", 1 << 20).read("Data0/Profile0.txt"); }),
            "E-ZIP-002");
  std::vector<ZipMember> many;  // the limit for all that is read: four times that of a member
  for (int i = 0; i < 5; ++i) many.push_back({fmt::format("{}.txt", i), zeros, true});
  const std::string cluster = make_zip(many);
  EXPECT_EQ(code_of([&] {
              ZipArchive archive(cluster, "in", 2 << 20);
              for (const auto& name : archive.names()) archive.read(name);
            }),
            "E-ZIP-002");

  std::string lying = rasx({0});
  const std::size_t directory = lying.find("PK\x01\x02");
  // A size that lies is not believed: nothing is allocated for it.
  EXPECT_EQ(code_of(patched<std::uint32_t>(lying, directory + 24, 4'000'000'000)), "accepted");
  EXPECT_EQ(code_of(patched<std::uint32_t>(lying, directory + 16, 1)), "E-ZIP-001");  // checksum
  EXPECT_EQ(code_of(patched<std::uint16_t>(lying, directory + 8, 1)), "E-ZIP-003");   // encrypted
  EXPECT_EQ(code_of(lying.substr(0, lying.size() - 30)), "E-ZIP-001");
  EXPECT_EQ(code_of(make_zip({{"readme.txt", "x"}})), "E-FMT-014");
  EXPECT_EQ(code_of(make_zip({{"Experiment0/RawData0.xml", "<RawData"}})), "E-XRD-011");
  EXPECT_EQ(code_of(make_zip({{"Experiment0/DataContainer.xml", "<DataContainer/>"}})),
            "E-XRD-012");
  EXPECT_EQ(code_of([&] { ZipArchive(lying, "in").read("Data7/Profile7.txt"); }), "E-ZIP-004");
}

TEST(PdCif, AnglesAndTwoWavelengths) {
  const auto pattern = parse_patterns(seed("pdcif/angles.cif"), "a.cif").at(0);

  expect_the_seed(pattern, 20.0);
  EXPECT_TRUE(pattern.counts_are_poisson);
  EXPECT_EQ(pattern.wavelength_angstrom, (std::vector<double>{1.540598, 1.544426}));
  EXPECT_DOUBLE_EQ(pattern.kalpha2_ratio, 0.5);
}

TEST(PdCif, RangesBracketsMissingValuesAndModels) {
  const auto patterns = parse_patterns(seed("pdcif/range.cif"), "a.cif");

  ASSERT_EQ(patterns.size(), 1u);  // data_b_calc is a model
  const auto& pattern = patterns[0];
  ASSERT_EQ(pattern.counts.size(), 23u);  // "." at the sixth point
  EXPECT_NEAR(pattern.two_theta_deg[5], 20.12, 1e-9);
  EXPECT_EQ(pattern.counts[10], 1000.0);
  EXPECT_EQ(pattern.sigma[10], 32.0);  // 1000(32)
  EXPECT_EQ(pattern.wavelength_angstrom, std::vector<double>{2.0785});
}

TEST(PdCif, AProfileBehindALongStructureIsFound) {
  std::string structure = "data_s\n_cell_length_a 4.15\nloop_\n_note\n";
  for (int i = 0; i < 20000; ++i) structure += "word\n";

  const auto pattern = parse_patterns(structure + seed("pdcif/angles.cif"), "a.cif").at(0);

  expect_the_seed(pattern, 20.0);
}

TEST(PdCif, BrokenLoopsAreErrorsWithTheirLine) {
  const std::string cif = seed("pdcif/angles.cif");
  EXPECT_EQ(code_of(cif + "20.50\n"), "E-CIF-001");
  std::string other = cif;
  other.replace(other.find("20.04 "), 6, "20.x4 ");
  EXPECT_EQ(code_of(other), "E-XRD-003");
  other = cif;
  other.replace(other.find("_pd_meas_2theta_scan"), 20, "_pd_meas_time_of_flt");
  EXPECT_EQ(code_of(other), "E-XRD-002");
  EXPECT_EQ(code_of("data_x\n_pd_meas_counts_note\n;never closed\n"), "E-CIF-001");
}

/// A file of this test alone, removed at the end.
class Scratch {
 public:
  explicit Scratch(const std::string& name)
      : path((std::filesystem::temp_directory_path() /
              (std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) + name))
                 .string()) {
    std::filesystem::remove(path);
  }
  ~Scratch() { std::filesystem::remove(path); }
  std::string bytes() const {
    std::ifstream stream(path, std::ios::binary);
    return std::string((std::istreambuf_iterator<char>(stream)), {});
  }
  const std::string path;
};

TEST(NeXus, UnitsTypesAndChunksOfOtherWriters) {
  const auto plain = parse_patterns(seed("nexus/plain.nxs"), "a.nxs").at(0);
  const auto chunked = parse_patterns(seed("nexus/chunked.nxs"), "b.nxs").at(0);

  expect_the_seed(plain, 20.0);  // integers
  expect_the_seed(chunked, 20.0);
  EXPECT_EQ(plain.reader, "NeXus NXxrd_pan");
  EXPECT_TRUE(plain.counts_are_poisson);
  EXPECT_EQ(chunked.sigma.size(), 24u);
  EXPECT_NEAR(plain.wavelength_angstrom.at(1), 1.54439, 1e-12);  // stated in nm
  EXPECT_DOUBLE_EQ(plain.step_time_s, 39.27);
}

TEST(NeXus, WhatIsWrittenIsReadBack) {
  auto patterns = parse_patterns(seed("ras/attenuator.ras") + seed("ras/two_scans.ras"), "a.ras");
  ASSERT_EQ(patterns.size(), 3u);
  patterns[2].sigma.clear();
  patterns[2].counts_are_poisson = false;
  InputFile source;
  source.path = "folder/a.ras";
  source.sha256 = std::string(64, 'a');
  const Scratch first("1.nxs"), second("2.nxs");

  write_nexus_pattern(first.path, patterns, source, false);
  write_nexus_pattern(second.path, patterns, source, false);
  const auto again = read_patterns(first.path);

  EXPECT_EQ(first.bytes(), second.bytes());
  ASSERT_EQ(again.size(), 3u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(again[i].two_theta_deg, patterns[i].two_theta_deg);
    EXPECT_EQ(again[i].counts, patterns[i].counts);
    EXPECT_EQ(again[i].sigma, patterns[i].sigma);
    EXPECT_EQ(again[i].counts_are_poisson, patterns[i].counts_are_poisson);
    EXPECT_EQ(again[i].wavelength_angstrom, patterns[i].wavelength_angstrom);
    EXPECT_EQ(again[i].kalpha2_ratio, patterns[i].kalpha2_ratio);
    EXPECT_EQ(again[i].step_time_s, patterns[i].step_time_s);
  }
  EXPECT_EQ(code_of([&] { write_nexus_pattern(first.path, patterns, source, false); }),
            "E-OUT-001");
  EXPECT_NO_THROW(write_nexus_pattern(first.path, patterns, source, true));
}

TEST(NeXus, TextThatIsWrittenIsReadBack) {
  const auto pattern = parse_patterns(seed("brml/plain.brml"), "a.brml").at(0);
  const Scratch file(".xy");

  write_text_pattern(file.path, pattern, {}, false);
  const auto again = read_patterns(file.path).at(0);

  EXPECT_EQ(again.two_theta_deg, pattern.two_theta_deg);
  EXPECT_EQ(again.counts, pattern.counts);
  EXPECT_EQ(again.sigma, pattern.sigma);
  EXPECT_EQ(again.wavelength_angstrom, std::vector<double>{1.5406});
}

/// An NXentry whose two datasets claim `points` in chunks of `chunk`, none of them written.
std::string empty_claims(hsize_t points, hsize_t chunk) {
  const Scratch file(".nxs");
  const hid_t h5 = H5Fcreate(file.path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t links = H5Pcreate(H5P_LINK_CREATE);
  H5Pset_create_intermediate_group(links, 1);
  const hsize_t unlimited = H5S_UNLIMITED;  // a chunk may then be larger than the dataset
  const hid_t space = H5Screate_simple(1, &points, &unlimited);
  const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(creation, 1, &chunk);
  for (const char* name :
       {"entry/experiment_result/two_theta", "entry/experiment_result/intensity"}) {
    H5Dclose(H5Dcreate2(h5, name, H5T_IEEE_F64LE, space, links, creation, H5P_DEFAULT));
  }
  H5Pclose(creation);
  H5Sclose(space);
  H5Pclose(links);
  H5Fclose(h5);
  return file.bytes();
}

TEST(NeXus, AbsurdClaimsAreErrorsNotMemory) {
  EXPECT_EQ(code_of(empty_claims(1'000'000'000'000, 1'000'000)), "E-XRD-003");
  EXPECT_EQ(code_of(empty_claims(1000, 100'000'000)), "E-H5-001");
  EXPECT_EQ(code_of(empty_claims(1000, 1000)), "E-XRD-007");  // all 0: the angles stand still
}

TEST(NeXus, OtherHdf5IsRefused) {
  const std::string hdf5 = seed("nexus/plain.nxs");
  EXPECT_EQ(code_of(hdf5.substr(0, 2000)), "E-H5-001");
  std::string other = hdf5;
  for (std::size_t at = 0; (at = other.find("two_theta", at)) != std::string::npos; ++at) {
    other.replace(at, 9, "two_thetb");
  }
  EXPECT_EQ(code_of(other), "E-XRD-012");
}

}  // namespace
}  // namespace gadolin::io
