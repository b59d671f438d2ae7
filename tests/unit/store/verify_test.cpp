#include "io/store/verify.hpp"

#include <fstream>

#include <gmock/gmock.h>

#include "io/readers/file_bytes.hpp"
#include "io/store/datasets.hpp"
#include "tests/unit/store/scratch_folder.hpp"

namespace gadolin {
namespace {

using io::ResultFile;

/// A result that names two inputs, one by an absolute path and one relative to the result.
std::string write_with_inputs(const ScratchFolder& folder) {
  std::ofstream(folder / "scan.xy") << "10.0 100\n10.1 120\n";
  std::ofstream(folder / "assay.csv") << "element,value,unit\nCe,1.55,wt%\n";
  RunRecord run = made_up::run("2026-11-23T21:00:00Z", "2026-11-23T21:05:00Z");
  InputFile scan{folder / "scan.xy", "pattern", 20, io::sha256_of_file(folder / "scan.xy"), ""};
  InputFile table{"assay.csv", "assay", 31, io::sha256_of_file(folder / "assay.csv"), ""};
  run.inputs = {scan, table};
  ResultFile file = ResultFile::create(folder / "out.h5", false);
  made_up::write_case(file, run, "A");
  file.close();
  return folder / "out.h5";
}

void flip_a_byte(const std::string& path) {
  std::fstream stream(path, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(6);
  const char byte = static_cast<char>(stream.get());
  stream.seekp(6);
  stream.put(static_cast<char>(byte ^ 1));
}

/// Opens a finished file for writing, as a careless user with h5py would.
io::hdf5::File open_for_tampering(const std::string& path) {
  return io::hdf5::File(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT));
}

TEST(Verify, AnUntouchedResultPasses) {
  ScratchFolder folder;

  const auto report = io::verify(write_with_inputs(folder));

  EXPECT_TRUE(report.ok()) << report.text();
  EXPECT_EQ(report.inputs.size(), 2u);
  EXPECT_EQ(report.stored_content_sha256, report.found_content_sha256);
  EXPECT_THAT(report.text(), testing::HasSubstr("result intact"));
}

TEST(Verify, OneFlippedInputByteIsFoundWithBothHashes) {
  ScratchFolder folder;
  const std::string path = write_with_inputs(folder);
  const std::string before = io::sha256_of_file(folder / "scan.xy");

  flip_a_byte(folder / "scan.xy");
  const auto report = io::verify(path);

  EXPECT_FALSE(report.ok());
  EXPECT_TRUE(report.content_intact());
  EXPECT_EQ(report.changed_inputs(), 1);
  const std::string after = io::sha256_of_file(folder / "scan.xy");
  EXPECT_NE(before, after);
  EXPECT_THAT(report.text(), testing::AllOf(testing::HasSubstr(folder / "scan.xy"),
                                            testing::HasSubstr(before), testing::HasSubstr(after)));
}

TEST(Verify, AMissingInputIsNotTakenForAnUnchangedOne) {
  ScratchFolder folder;
  const std::string path = write_with_inputs(folder);

  std::filesystem::remove(folder / "assay.csv");
  const auto report = io::verify(path);

  EXPECT_FALSE(report.ok());
  EXPECT_EQ(report.missing_inputs(), 1);
  EXPECT_THAT(report.text(), testing::HasSubstr("missing input assay.csv"));
}

TEST(Verify, AChangedResultIsNamed) {
  ScratchFolder folder;
  const std::string path = write_with_inputs(folder);

  {
    const auto file = open_for_tampering(path);
    const auto phases = io::hdf5::group(file.get(), "sample_A/phases");
    const io::hdf5::Dataset dataset(H5Dopen2(phases.get(), "weight_fraction", H5P_DEFAULT));
    const double flattering[3] = {0.5, 0.3, 0.2};
    H5Dwrite(dataset.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, flattering);
  }
  const auto report = io::verify(path);

  EXPECT_FALSE(report.ok());
  ASSERT_EQ(report.changed_content.size(), 1u);
  EXPECT_EQ(report.changed_content[0].path, "/sample_A/phases/weight_fraction");
  EXPECT_NE(report.changed_content[0].stored_sha256, report.changed_content[0].found_sha256);
}

TEST(Verify, AChangedUnitAnAddedTableAndARemovedOneAreNamed) {
  ScratchFolder folder;
  const std::string path = write_with_inputs(folder);

  {
    const auto file = open_for_tampering(path);
    const auto assay = io::hdf5::group(file.get(), "sample_A/assay");
    io::hdf5::set_attribute_of(assay.get(), "content", "units", "g/kg");
    io::hdf5::write_text(assay.get(), "remark", "trust me");
    H5Ldelete(assay.get(), "method", H5P_DEFAULT);
  }
  const auto report = io::verify(path);

  std::vector<std::string> changed;
  for (const auto& object : report.changed_content) changed.push_back(object.path);
  EXPECT_THAT(changed,
              testing::UnorderedElementsAre("/sample_A/assay", "/sample_A/assay/content",
                                            "/sample_A/assay/remark", "/sample_A/assay/method"));
}

TEST(Verify, AChangedTimeBreaksTheSeal) {
  ScratchFolder folder;
  const std::string path = write_with_inputs(folder);

  {
    const auto file = open_for_tampering(path);
    const auto run = io::hdf5::group(file.get(), "run");
    io::hdf5::write_text(run.get(), "end_time", "2026-11-24T21:05:00Z");
  }
  const auto report = io::verify(path);

  EXPECT_FALSE(report.ok());
  EXPECT_TRUE(report.changed_content.empty());
  EXPECT_NE(report.stored_sealed_sha256, report.found_sealed_sha256);
}

TEST(Verify, ADamagedByteIsNamedOrAnErrorAndNeverACrash) {
  ScratchFolder folder;
  const std::string path = write_with_inputs(folder);
  const std::string whole = bytes_of(path);
  int refused = 0, named = 0;

  for (std::size_t at = 3; at < whole.size(); at += whole.size() / 80) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(~bytes[at]);
    std::ofstream(path, std::ios::binary) << bytes;
    try {
      const auto report = io::verify(path);
      if (!report.ok()) ++named;
    } catch (const Error& error) {
      EXPECT_THAT(error.code(), testing::StartsWith("E-H5-")) << error.text();
      ++refused;
    }
  }

  // The rest lies where the file holds nothing: the seal is over results, not over bytes.
  EXPECT_GT(refused + named, 20);
}

TEST(Verify, AnUnfinishedRunDoesNotPass) {
  ScratchFolder folder;
  {
    ResultFile file = ResultFile::create(folder / "out.h5", false);
    file.append_patterns(made_up::chunk(0, 2, 10));
  }

  const auto report = io::verify(folder / "out.h5.partial");

  EXPECT_FALSE(report.ok());
  EXPECT_THAT(report.text(), testing::HasSubstr("UNFINISHED"));
}

}  // namespace
}  // namespace gadolin
