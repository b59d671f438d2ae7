#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/store/datasets.hpp"
#include "io/store/result_file.hpp"
#include "io/store/result_reader.hpp"
#include "tests/unit/store/scratch_folder.hpp"

/// What stands in the way of a result file: files that are there, inputs, locks, full disks.
namespace gadolin {
namespace {

namespace fs = std::filesystem;
using io::ResultFile;

TEST(ResultFile, ExistingOutputIsRefusedWithoutForce) {
  ScratchFolder folder;
  const std::string path = folder / "out.h5";
  std::ofstream(path) << "somebody's work";

  const Error error = error_of([&] { ResultFile::create(path, false); });

  EXPECT_EQ(error.code(), "E-OUT-001");
  EXPECT_EQ(error.exit(), ExitCode::usage);
  EXPECT_EQ(error.where(), path);
  EXPECT_EQ(bytes_of(path), "somebody's work");
}

TEST(ResultFile, AFileThatAppearsDuringTheRunIsLeftAlone) {
  ScratchFolder folder;
  const std::string path = folder / "out.h5";
  {
    ResultFile file = ResultFile::create(path, false);
    file.append_patterns(made_up::chunk(0, 7, 10));
    std::ofstream(path) << "somebody's work";

    const Error error = error_of([&] { file.close(); });

    EXPECT_EQ(error.code(), "E-OUT-001");
    EXPECT_NE(error.text().find(path + ".partial"), std::string::npos) << error.text();
  }
  EXPECT_EQ(bytes_of(path), "somebody's work");
  const auto partial = io::hdf5::open_for_reading(path + ".partial");
  EXPECT_EQ(io::hdf5::shape_of(partial.get(), "batch/id"), io::hdf5::Shape{7});
}

TEST(ResultFile, ForceReplacesAnOldResultOnlyAtTheEnd) {
  ScratchFolder folder;
  const std::string path = folder / "out.h5";
  {
    ResultFile old = ResultFile::create(path, false);
    old.append_patterns(made_up::chunk(0, 7, 10));
    old.close();
  }
  const std::string before = bytes_of(path);

  ResultFile file = ResultFile::create(path, true);
  file.append_patterns(made_up::chunk(0, 1, 10));

  EXPECT_TRUE(bytes_of(path) == before);
  file.close();
  EXPECT_EQ(io::read_summary(path).batch_items, 1);
}

TEST(ResultFile, ForceReplacesAnEmptyFileAndAnUnfinishedResult) {
  ScratchFolder folder;
  const std::string path = folder / "out.h5";
  std::ofstream(path).close();
  {
    ResultFile killed = ResultFile::create(path, true);
    killed.append_patterns(made_up::chunk(0, 7, 10));
  }
  ASSERT_TRUE(fs::exists(path + ".partial"));

  ResultFile file = ResultFile::create(path, true);
  file.append_patterns(made_up::chunk(0, 1, 10));
  file.close();

  EXPECT_EQ(io::read_summary(path).batch_items, 1);
}

TEST(ResultFile, ForceNeverReplacesWhatIsNoResult) {
  ScratchFolder folder;
  std::ofstream(folder / "case.toml") << "[case]\n";
  fs::create_symlink(folder / "case.toml", folder / "link.h5");
  { const auto foreign = io::hdf5::create_file(folder / "foreign.h5"); }
  std::ofstream(folder / "out.h5.partial") << "somebody's work";
  for (const char* name : {"case.toml", "link.h5", "foreign.h5", "out.h5"}) {
    const bool partial = std::string(name) == "out.h5";
    const std::string kept = folder / name + (partial ? ".partial" : "");
    const std::string before = bytes_of(kept);

    const Error error = error_of([&] { ResultFile::create(folder / name, true); });

    EXPECT_EQ(error.code(), "E-OUT-004") << name;
    EXPECT_EQ(error.exit(), ExitCode::usage);
    EXPECT_EQ(error.where(), kept);
    EXPECT_THAT(error.what(), testing::HasSubstr("exists and is no gadolin result"));
    EXPECT_TRUE(bytes_of(kept) == before) << name;
  }
}

TEST(ResultFile, AFifoIsNeverReplacedNorWaitedFor) {
  ScratchFolder folder;
  const std::string path = folder / "out.h5";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  ASSERT_EQ(::mkfifo((folder / "other.h5.partial").c_str(), 0600), 0);

  for (const bool force : {false, true}) {
    EXPECT_EQ(error_of([&] { ResultFile::create(path, force); }).code(), "E-OUT-004");
    EXPECT_EQ(error_of([&] { ResultFile::create(folder / "other.h5", force); }).code(),
              "E-OUT-004");
  }

  EXPECT_TRUE(fs::is_fifo(path));
  EXPECT_TRUE(fs::is_fifo(folder / "other.h5.partial"));
}

TEST(ResultFile, AnInputIsRefusedAsOutputByWhateverName) {
  ScratchFolder folder;
  const std::string input = folder / "scan.h5";
  std::ofstream(input) << "counts";
  std::ofstream(folder / "other.xy") << "counts";
  std::ofstream(folder / "out.h5.partial") << "counts";
  fs::create_symlink(input, folder / "link.h5");
  fs::create_hard_link(input, folder / "hard.h5");
  const std::vector<std::string> inputs = {folder / "absent.xy", folder / "other.xy", input,
                                           folder / "out.h5.partial"};

  const std::string same = folder.path() + "/./scan.h5";
  for (const std::string& out :
       {input, same, folder / "link.h5", folder / "hard.h5", folder / "out.h5"}) {
    const Error error = error_of([&] { io::refuse_input_as_output(out, inputs); });

    EXPECT_EQ(error.code(), "E-OUT-005") << out;
    EXPECT_EQ(error.exit(), ExitCode::usage);
    EXPECT_EQ(error.where(), out);
  }
  EXPECT_NO_THROW(io::refuse_input_as_output(folder / "new.h5", inputs));
  EXPECT_NO_THROW(io::refuse_input_as_output(folder / "absent.xy", inputs));
}

TEST(ResultFile, AnUnfinishedRunIsNotOverwrittenUnasked) {
  ScratchFolder folder;
  const std::string path = folder / "out.h5";
  {
    ResultFile file = ResultFile::create(path, false);
    file.append_patterns(made_up::chunk(0, 3, 10));
  }

  const Error error = error_of([&] { ResultFile::create(path, false); });

  EXPECT_EQ(error.code(), "E-OUT-003");
  EXPECT_EQ(io::read_summary(path + ".partial").batch_items, 3);
}

TEST(ResultFile, AFolderThatIsAbsentOrClosedIsNamed) {
  ScratchFolder folder;

  const Error absent = error_of([&] { ResultFile::create(folder / "no/out.h5", false); });
  const Error is_folder = error_of([&] { ResultFile::create(folder.path(), false); });
  const Error unwritable = error_of([] { ResultFile::create("/proc/out.h5", false); });

  EXPECT_EQ(absent.code(), "E-OUT-002");
  EXPECT_EQ(absent.where(), folder / "no");
  EXPECT_EQ(absent.exit(), ExitCode::resource);
  EXPECT_EQ(is_folder.code(), "E-OUT-002");
  EXPECT_EQ(unwritable.code(), "E-OUT-002");
  EXPECT_FALSE(unwritable.remedy().empty());
}

TEST(ResultFile, AFileLockedByAnotherIsLeftWhole) {
  ScratchFolder folder;
  const std::string path = folder / "out.h5";
  const std::string partial = path + ".partial";
  std::ofstream(partial) << "a living writer's bytes";
  const int descriptor = ::open(partial.c_str(), O_RDWR);
  ASSERT_EQ(::flock(descriptor, LOCK_EX), 0);

  const Error error = error_of([&] { ResultFile::create(path, true); });

  ::close(descriptor);
  EXPECT_EQ(error.code(), "E-LOCK-001");
  EXPECT_EQ(error.exit(), ExitCode::resource);
  EXPECT_THAT(error.remedy(), testing::HasSubstr("HDF5_USE_FILE_LOCKING"));
  EXPECT_EQ(bytes_of(partial), "a living writer's bytes");
}

TEST(ResultFile, AResultLockedByAWriterCannotBeRead) {
  ScratchFolder folder;
  const std::string path = folder / "out.h5";
  {
    ResultFile file = ResultFile::create(path, false);
    file.append_patterns(made_up::chunk(0, 1, 10));
    file.close();
  }
  const int descriptor = ::open(path.c_str(), O_RDWR);
  ASSERT_EQ(::flock(descriptor, LOCK_EX), 0);

  const Error error = error_of([&] { io::read_summary(path); });

  ::close(descriptor);
  EXPECT_EQ(error.code(), "E-LOCK-001");
}

/// A limit on file size stands in for a full disk.
void limit_files_to(rlim_t bytes) {
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{bytes, bytes};
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

/// Leaves like a program: by exit(), which also ends the HDF5 library.
template <class Action>
[[noreturn]] void leave_with_code_of(Action action) {
  const Error error = error_of(action);
  std::cerr << error.what() << "\n";
  std::exit(error.code() == "none" ? 0 : static_cast<int>(error.exit()));
}

TEST(ResultFile, AFullDiskEndsTheRunWithTheExitCodeOfIt) {
  ScratchFolder folder;
  const std::string path = folder / "out.h5";

  EXPECT_EXIT(leave_with_code_of([&] {
                limit_files_to(1000000);
                ResultFile file = ResultFile::create(path, false);
                for (int first = 0; first < 1000; first += 10) {
                  file.append_patterns(made_up::chunk(first, 10, 500));
                }
              }),
              testing::ExitedWithCode(6), "E-H5-003.*disk, quota or size limit full");

  EXPECT_FALSE(fs::exists(path));
  const auto summary = io::read_summary(path + ".partial");
  EXPECT_FALSE(summary.complete);
  EXPECT_GE(summary.batch_items, 10);
  EXPECT_LT(summary.batch_items, 1000);
  const auto opened = io::hdf5::open_for_reading(path + ".partial");
  const auto ids = io::hdf5::read_texts(opened.get(), "batch/id");
  for (std::int64_t row = 0; row < summary.batch_items; ++row) {
    EXPECT_EQ(ids.at(static_cast<std::size_t>(row)), made_up::pattern_result(row, 5).id);
  }
}

TEST(ResultFile, ADiskFullFromTheStartLeavesNothing) {
  ScratchFolder folder;

  EXPECT_EXIT(leave_with_code_of([&] {
                limit_files_to(100);
                ResultFile::create(folder / "out.h5", false);
              }),
              testing::ExitedWithCode(6), "E-H5-003");

  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(ResultFile, ADiskThatFillsWhileClosingKeepsThePartialFileAlone) {
  ScratchFolder folder;
  const std::string path = folder / "out.h5";

  EXPECT_EXIT(leave_with_code_of([&] {
                ResultFile file = ResultFile::create(path, false);
                file.append_patterns(made_up::chunk(0, 50, 500));
                limit_files_to(20000);
                file.close();
              }),
              testing::ExitedWithCode(6), "E-H5-003");

  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
  EXPECT_EQ(io::read_summary(path + ".partial").batch_items, 50);
}

TEST(ResultFile, AfterAFullDiskEveryLaterCallSaysSoAgain) {
  ScratchFolder folder;

  EXPECT_EXIT(leave_with_code_of([&] {
                limit_files_to(100000);
                ResultFile file = ResultFile::create(folder / "out.h5", false);
                const auto first =
                    error_of([&] { file.append_patterns(made_up::chunk(0, 50, 500)); });
                const auto second = error_of([&] { file.flush(); });
                const auto third = error_of([&] { file.close(); });
                if (first.code() != "E-H5-003" || second.code() != "E-H5-003") std::exit(9);
                throw third;
              }),
              testing::ExitedWithCode(6), "E-H5-003");

  EXPECT_FALSE(fs::exists(folder / "out.h5"));
}

}  // namespace
}  // namespace gadolin
