#include "io/store/result_file.hpp"

#include <cmath>
#include <fstream>

#include <gmock/gmock.h>

#include "io/store/datasets.hpp"
#include "io/store/result_reader.hpp"
#include "tests/unit/store/scratch_folder.hpp"

/// What a result file holds, and how it comes back.
namespace gadolin {
namespace {

namespace fs = std::filesystem;
using io::ResultFile;

void blank(std::string* bytes, const std::string& word) {
  for (std::size_t at = bytes->find(word); at != std::string::npos; at = bytes->find(word, at)) {
    bytes->replace(at, word.size(), std::string(word.size(), '#'));
  }
}

TEST(ResultFile, ReachesItsNameOnlyWhenClosed) {
  ScratchFolder folder;
  const std::string path = folder / "out.h5";

  ResultFile file = ResultFile::create(path, false);
  file.append_patterns(made_up::chunk(0, 3, 50));

  EXPECT_FALSE(fs::exists(path));
  EXPECT_TRUE(fs::exists(path + ".partial"));
  file.close();
  EXPECT_TRUE(fs::exists(path));
  EXPECT_FALSE(fs::exists(path + ".partial"));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

TEST(ResultFile, LeavesNothingBehindWhenNothingWasStored) {
  ScratchFolder folder;

  { ResultFile file = ResultFile::create(folder / "out.h5", false); }

  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(ResultFile, KeepsTheChunksOfARunThatFailed) {
  ScratchFolder folder;
  const std::string path = folder / "out.h5";

  {
    ResultFile file = ResultFile::create(path, false);
    file.append_patterns(made_up::chunk(0, 7, 20));
  }

  const auto summary = io::read_summary(path + ".partial");
  EXPECT_FALSE(summary.complete);
  EXPECT_EQ(summary.batch_items, 7);
}

TEST(ResultFile, SameResultsGiveTheSameBytesApartFromTimes) {
  ScratchFolder folder;
  const std::string first_times[] = {"2026-11-23T21:00:00Z", "2026-11-23T21:00:09Z"};
  const std::string second_times[] = {"2027-01-05T08:30:11Z", "2027-01-05T08:31:59Z"};

  const auto write = [](const std::string& path, const std::string times[]) {
    ResultFile file = ResultFile::create(path, false);
    made_up::write_case(file, made_up::run(times[0], times[1]), "SZ-464");
    file.append_patterns(made_up::chunk(0, 40, 100));
    file.close();
    return io::read_summary(path);
  };
  const auto first = write(folder / "first.h5", first_times);
  const auto second = write(folder / "second.h5", second_times);

  std::string first_bytes = bytes_of(folder / "first.h5");
  std::string second_bytes = bytes_of(folder / "second.h5");
  EXPECT_NE(first_bytes, second_bytes);
  for (const auto& word : {first_times[0], first_times[1], first.sealed_sha256}) {
    blank(&first_bytes, word);
  }
  for (const auto& word : {second_times[0], second_times[1], second.sealed_sha256}) {
    blank(&second_bytes, word);
  }
  EXPECT_EQ(first.content_sha256, second.content_sha256);
  EXPECT_NE(first.sealed_sha256, second.sealed_sha256);
  EXPECT_TRUE(first_bytes == second_bytes);
}

TEST(ResultFile, HowABatchWasCutIntoChunksLeavesNoTrace) {
  ScratchFolder folder;
  const auto all = made_up::chunk(0, 100, 60);
  const auto write = [&](const std::string& path, std::size_t step) {
    ResultFile file = ResultFile::create(path, false);
    file.write_run(made_up::run("2026-11-23T21:00:00Z", "2026-11-23T21:00:09Z"));
    for (std::size_t first = 0; first < all.size(); first += step) {
      file.append_patterns(std::span(all).subspan(first, std::min(step, all.size() - first)));
    }
    file.close();
  };

  write(folder / "one.h5", 100);
  write(folder / "many.h5", 7);

  EXPECT_TRUE(bytes_of(folder / "one.h5") == bytes_of(folder / "many.h5"));
}

TEST(ResultFile, FourStatesComeBackAsFourStates) {
  ScratchFolder folder;
  const std::string path = folder / "out.h5";
  ResultFile file = ResultFile::create(path, false);
  file.write_assay("A", made_up::assay_sample("A"));
  file.close();

  const auto opened = io::hdf5::open_for_reading(path);
  const auto table = io::hdf5::group(opened.get(), "sample_A/assay");
  const auto elements = io::hdf5::read_texts(table.get(), "element");
  const auto content = io::hdf5::read_numbers(table.get(), "content");
  const auto lod = io::hdf5::read_numbers(table.get(), "content_lod");
  const auto limit = io::hdf5::read_numbers(table.get(), "content_limit");
  const auto state = io::hdf5::read_integers(table.get(), "content_state");
  const auto row = [&](const std::string& element) {
    return static_cast<std::size_t>(std::find(elements.begin(), elements.end(), element) -
                                    elements.begin());
  };

  EXPECT_EQ(state[row("Ce")], static_cast<int>(ValueState::measured));
  EXPECT_DOUBLE_EQ(content[row("Ce")], 15500.0);
  EXPECT_EQ(state[row("Tm")], static_cast<int>(ValueState::below_lod));
  EXPECT_TRUE(std::isnan(content[row("Tm")]));
  EXPECT_DOUBLE_EQ(lod[row("Tm")], 5.0);
  EXPECT_EQ(state[row("Fe")], static_cast<int>(ValueState::above_range));
  EXPECT_TRUE(std::isnan(content[row("Fe")]));
  EXPECT_DOUBLE_EQ(limit[row("Fe")], 250000.0);
  EXPECT_EQ(state[row("Sc")], static_cast<int>(ValueState::not_measured));
  EXPECT_TRUE(std::isnan(content[row("Sc")]));
  EXPECT_TRUE(std::isnan(lod[row("Sc")]));
  for (const double value : content) EXPECT_NE(value, 0.0);
}

TEST(ResultFile, AFailedFitHasNoNumbersButAReason) {
  ScratchFolder folder;
  const std::string path = folder / "out.h5";
  auto results = made_up::chunk(0, 2, 0);
  results[1].status = ItemStatus::singular;
  results[1].status_text = "no usable solution";
  ResultFile file = ResultFile::create(path, false);
  file.append_patterns(results);
  file.close();

  const auto opened = io::hdf5::open_for_reading(path);
  const auto batch = io::hdf5::group(opened.get(), "batch");
  const auto fraction = io::hdf5::read_numbers(batch.get(), "weight_fraction");
  const auto state = io::hdf5::read_integers(batch.get(), "weight_fraction_state");
  const auto rwp = io::hdf5::read_numbers(batch.get(), "rwp");

  EXPECT_GT(rwp[0], 0.0);
  EXPECT_TRUE(std::isnan(rwp[1]));
  for (int k = 0; k < 3; ++k) {
    EXPECT_EQ(state[k], 0);
    EXPECT_TRUE(std::isnan(fraction[3 + k]));
    EXPECT_EQ(state[3 + k], static_cast<int>(ValueState::not_measured));
  }
  EXPECT_EQ(io::hdf5::read_texts(batch.get(), "status_text")[1], "no usable solution");
}

TEST(ResultFile, ALaterPhaseWidensTheTableWithoutTouchingEarlierRows) {
  ScratchFolder folder;
  const std::string path = folder / "out.h5";
  auto first = made_up::chunk(0, 2, 0);
  for (auto& result : first) {
    result.phases.resize(1);
    result.covariance_stat = result.covariance_total = {4e-6};
  }
  auto empty = made_up::chunk(2, 1, 0);
  empty[0].phases.clear();
  empty[0].covariance_stat.clear();
  empty[0].covariance_total.clear();
  empty[0].status = ItemStatus::out_of_range;
  const auto second = made_up::chunk(3, 1, 0);

  ResultFile file = ResultFile::create(path, false);
  file.append_patterns(empty);
  file.append_patterns(first);
  file.append_patterns(second);
  file.close();

  const auto opened = io::hdf5::open_for_reading(path);
  const auto batch = io::hdf5::group(opened.get(), "batch");
  EXPECT_EQ(io::hdf5::shape_of(batch.get(), "weight_fraction"), (io::hdf5::Shape{4, 3}));
  EXPECT_EQ(io::hdf5::shape_of(batch.get(), "covariance_total"), (io::hdf5::Shape{4, 3, 3}));
  const auto fraction = io::hdf5::read_numbers(batch.get(), "weight_fraction");
  const auto state = io::hdf5::read_integers(batch.get(), "weight_fraction_state");
  EXPECT_TRUE(std::isnan(fraction[0]));
  EXPECT_DOUBLE_EQ(fraction[3], first[0].phases[0].weight_fraction);
  EXPECT_TRUE(std::isnan(fraction[4]));
  EXPECT_EQ(state[4], static_cast<int>(ValueState::not_measured));
  EXPECT_DOUBLE_EQ(fraction[11], second[0].phases[2].weight_fraction);
  EXPECT_THAT(io::hdf5::read_texts(batch.get(), "phase"),
              testing::ElementsAre("hematite", "goethite", "monazite-Ce"));
}

TEST(ResultFile, IdsOfAnyLanguageComeBackAsTyped) {
  ScratchFolder folder;
  const std::string path = folder / "out.h5";
  const std::string ids[] = {"Probe Ä/1", "稀土-氧化物", "Проба № 7"};
  ResultFile file = ResultFile::create(path, false);
  file.write_run(made_up::run("2026-11-23T21:00:00Z", ""));
  for (const auto& id : ids) file.write_sample(id, made_up::seizure());
  auto results = made_up::chunk(0, 1, 0);
  results[0].id = ids[1];
  file.append_patterns(results);
  file.close();

  EXPECT_THAT(io::read_summary(path).sample_ids, testing::UnorderedElementsAreArray(ids));
  const auto opened = io::hdf5::open_for_reading(path);
  EXPECT_EQ(io::hdf5::read_text(opened.get(), "batch/id"), ids[1]);
  EXPECT_EQ(io::hdf5::read_text(opened.get(), "sample_Probe Ä_1/entry_identifier"), ids[0]);
}

TEST(ResultFile, ASecondResultOfOneNameIsRefusedAndTheFirstKept) {
  ScratchFolder folder;
  const std::string path = folder / "out.h5";
  auto second = made_up::circuit_result();
  second.extractant = "another";
  ResultFile file = ResultFile::create(path, false);
  file.write_sample("A", made_up::seizure());
  file.write_assay("A", made_up::assay_sample("A"));
  file.write_origin("A", made_up::origin_result("A"));
  file.write_circuit("A", made_up::circuit_result());

  const Error errors[] = {
      error_of([&] { file.write_sample("A", made_up::seizure()); }),
      error_of([&] { file.write_assay("A", made_up::assay_sample("A")); }),
      error_of([&] { file.write_origin("A", made_up::origin_result("A")); }),
      error_of([&] { file.write_circuit("A", second); }),
  };

  for (const Error& error : errors) {
    EXPECT_EQ(error.code(), "E-H5-006");
    EXPECT_THAT(error.what(), testing::HasSubstr("\"A\""));
  }
  file.write_circuit("B", second);
  file.close();
  const auto opened = io::hdf5::open_for_reading(path);
  EXPECT_EQ(io::hdf5::read_text(opened.get(), "sample_A/process/extractant"),
            made_up::circuit_result().extractant);
  EXPECT_EQ(io::hdf5::read_text(opened.get(), "sample_B/process/extractant"), "another");
}

TEST(ResultFile, ASecondPatternOrRecoveryOfOneNameNeverReachesTheDisk) {
  ScratchFolder folder;
  const auto pattern_twice = [](ResultFile& file, const std::string& id) {
    const auto result = made_up::pattern_result(3, 50, id);
    file.write_pattern(id, made_up::pattern(result), result);
    const auto other = made_up::pattern_result(4, 90, id);
    file.write_pattern(id, made_up::pattern(other), other);
  };
  const auto recovery_twice = [](ResultFile& file, const std::string& id) {
    file.write_recovery(id, made_up::recovery_result(id));
    auto other = made_up::recovery_result(id);
    other.route = "another";
    file.write_recovery(id, other);
  };
  {
    ResultFile patterns = ResultFile::create(folder / "pattern.h5", false);
    ResultFile recoveries = ResultFile::create(folder / "recovery.h5", false);

    EXPECT_EQ(error_of([&] { pattern_twice(patterns, "A"); }).code(), "E-H5-006");
    EXPECT_EQ(error_of([&] { recovery_twice(recoveries, "A"); }).code(), "E-H5-006");
  }

  const auto patterns = io::hdf5::open_for_reading(folder / "pattern.h5.partial");
  EXPECT_EQ(io::hdf5::shape_of(patterns.get(), "sample_A/xrd/two_theta"), io::hdf5::Shape{50});
  const auto recoveries = io::hdf5::open_for_reading(folder / "recovery.h5.partial");
  EXPECT_EQ(io::hdf5::read_text(recoveries.get(), "sample_A/recovery/route"),
            made_up::recovery_result("A").route);
}

TEST(ResultFile, TheHashOfEachPatternStandsBesideItsRow) {
  ScratchFolder folder;
  const std::string path = folder / "out.h5";
  const auto results = made_up::chunk(0, 2, 0);
  const std::vector<InputFile> inputs = {
      {results[1].file, "pattern", 12, std::string(64, 'b'), "two-column text"}};
  ResultFile file = ResultFile::create(path, false);
  file.add_inputs(inputs);
  file.add_inputs(inputs);
  file.append_patterns(results);
  file.close();

  const auto opened = io::hdf5::open_for_reading(path);
  EXPECT_THAT(io::hdf5::read_texts(opened.get(), "batch/sha256"),
              testing::ElementsAre("", std::string(64, 'b')));
  EXPECT_EQ(io::hdf5::shape_of(opened.get(), "run/inputs/path"), io::hdf5::Shape{1});
}

TEST(ResultReader, WhatIsNoResultIsSaidSo) {
  ScratchFolder folder;
  std::ofstream(folder / "noise.h5") << "no HDF5 at all";
  std::ofstream(folder / "empty.h5");
  {
    const auto foreign = io::hdf5::create_file(folder / "foreign.h5");
    io::hdf5::write_text(foreign.get(), "hello", "world");
  }
  {
    ResultFile file = ResultFile::create(folder / "whole.h5", false);
    file.append_patterns(made_up::chunk(0, 200, 10));
    file.close();
    const std::string bytes = bytes_of(folder / "whole.h5");
    std::ofstream(folder / "half.h5", std::ios::binary) << bytes.substr(0, bytes.size() / 2);
  }

  EXPECT_EQ(error_of([&] { io::read_summary(folder / "absent.h5"); }).code(), "E-IN-001");
  EXPECT_EQ(error_of([&] { io::read_summary(folder / "noise.h5"); }).code(), "E-H5-001");
  EXPECT_EQ(error_of([&] { io::read_summary(folder / "empty.h5"); }).code(), "E-H5-001");
  EXPECT_EQ(error_of([&] { io::read_summary(folder / "half.h5"); }).code(), "E-H5-001");
  EXPECT_EQ(error_of([&] { io::read_summary(folder.path()); }).code(), "E-H5-001");
  EXPECT_EQ(error_of([&] { io::read_summary(folder / "foreign.h5"); }).code(), "E-H5-002");
}

TEST(ResultReader, CountsWhatWasStored) {
  ScratchFolder folder;
  const std::string path = folder / "out.h5";
  ResultFile file = ResultFile::create(path, false);
  made_up::write_case(file, made_up::run("2026-11-23T21:00:00Z", "2026-11-23T21:05:00Z"), "A");
  file.append_patterns(made_up::chunk(0, 74, 5));
  file.append_origins(std::vector{made_up::origin_result("x"), made_up::origin_result("y")});
  file.close();

  const auto summary = io::read_summary(path);

  EXPECT_TRUE(summary.complete);
  EXPECT_EQ(summary.program_version, "0.1.0");
  EXPECT_EQ(summary.seed, 20261123u);
  EXPECT_EQ(summary.end_time, "2026-11-23T21:05:00Z");
  EXPECT_THAT(summary.sample_ids, testing::ElementsAre("A"));
  EXPECT_EQ(summary.batch_items, 74);
  EXPECT_EQ(summary.batch_ok, 72);
  EXPECT_EQ(summary.origin_items, 2);
  EXPECT_EQ(summary.content_sha256.size(), 64u);
}

}  // namespace
}  // namespace gadolin
