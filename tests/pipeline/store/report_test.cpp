#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <sys/wait.h>

#include "tests/unit/store/scratch_folder.hpp"

/// From made-up results to the HDF5 file, to h5py, to the report.
namespace gadolin {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string source = GADOLIN_SOURCE_DIR;

struct Outcome {
  int code = -1;
  std::string output;
};

Outcome run(const std::string& command) {
  Outcome outcome;
  FILE* stream = ::popen((command + " 2>&1").c_str(), "r");
  if (stream == nullptr) return outcome;
  char block[4096];
  while (const std::size_t count = ::fread(block, 1, sizeof block, stream)) {
    outcome.output.append(block, count);
  }
  const int status = ::pclose(stream);
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

/// A python3 with h5py and numpy, or "".
std::string python() {
  for (const std::string name : {"/usr/bin/python3", "python3"}) {
    if (run(name + " -c 'import h5py, numpy'").code == 0) return name;
  }
  return "";
}

std::string text_of(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::string write_analysis(const ScratchFolder& folder) {
  io::ResultFile file = io::ResultFile::create(folder / "case.h5", false);
  made_up::write_case(file, made_up::run("2026-11-23T21:00:00Z", "2026-11-23T21:05:00Z"),
                      "SZ-464 <Ä>");
  file.close();
  return folder / "case.h5";
}

std::string write_batch(const ScratchFolder& folder) {
  io::ResultFile file = io::ResultFile::create(folder / "batch.h5", false);
  file.write_run(made_up::run("2026-11-23T21:00:00Z", "2026-11-23T21:05:00Z"));
  file.append_patterns(made_up::chunk(0, 50, 300));
  file.append_patterns(made_up::chunk(50, 250, 0));
  file.append_origins(std::vector{made_up::origin_result("x"), made_up::origin_result("y")});
  file.close();
  return folder / "batch.h5";
}

class Report : public testing::Test {
 protected:
  void SetUp() override {
    python_ = python();
    if (python_.empty()) GTEST_SKIP() << "no python3 with h5py and numpy";
  }
  std::string page_of(const std::string& result) {
    const std::string page = result + ".html";
    const Outcome outcome =
        run(python_ + " " + source + "/scripts/report.py '" + result + "' --out '" + page + "'");
    EXPECT_EQ(outcome.code, 0) << outcome.output;
    return text_of(page);
  }
  std::string python_;
};

TEST_F(Report, H5pyAloneReadsEveryTable) {
  ScratchFolder folder;

  for (const auto& path : {write_analysis(folder), write_batch(folder)}) {
    const Outcome outcome =
        run(python_ + " " + source + "/tests/pipeline/store/read_everything.py '" + path + "'");
    EXPECT_EQ(outcome.code, 0) << path << '\n' << outcome.output;
    EXPECT_GT(std::atoi(outcome.output.c_str()), 50) << outcome.output;
  }
}

TEST_F(Report, TellsTheWholeCase) {
  ScratchFolder folder;

  const std::string page = page_of(write_analysis(folder));

  EXPECT_THAT(page, HasSubstr("DRAFT - NOT AUTHORISED"));
  EXPECT_THAT(page, HasSubstr("NOT SUPPLIED"));
  EXPECT_THAT(page, HasSubstr("SZ-464 &lt;Ä&gt;"));
  EXPECT_THAT(page, HasSubstr("61.7&nbsp;\u00b1&nbsp;1.2"));  // hematite, U of two figures
  for (const char* words :
       {"below LOD", "above range", "not measured", "none of these", "CH_made_up",
        "What these methods cannot see", "W-REC-003", "W-ORI-004", "W-ASSAY-002", "--seed 20261123",
        "R<sub>wp</sub>", "sum to 100", "Where did it go?", "Closure", "END OF REPORT GAD-",
        "/sample_SZ-464 &lt;Ä&gt;/fit/data"}) {
    EXPECT_THAT(page, HasSubstr(words));
  }
  EXPECT_THAT(page, Not(HasSubstr(">nan")));
}

TEST_F(Report, NeedsNoNetwork) {
  ScratchFolder folder;

  for (const auto& path : {write_analysis(folder), write_batch(folder)}) {
    const std::string page = page_of(path);
    EXPECT_THAT(page, Not(HasSubstr("<script")));
    EXPECT_THAT(page, Not(HasSubstr("<link")));
    EXPECT_THAT(page, Not(HasSubstr("@import")));
    EXPECT_THAT(page, Not(HasSubstr("url(h")));
    EXPECT_THAT(page, Not(HasSubstr("src=\"http")));
    EXPECT_THAT(page, Not(HasSubstr("href=\"http")));
  }
}

TEST_F(Report, TheSameFileGivesTheSamePage) {
  ScratchFolder folder;
  const std::string path = write_analysis(folder);

  EXPECT_TRUE(page_of(path) == page_of(path));
}

TEST_F(Report, ABatchShowsItsFailures) {
  ScratchFolder folder;

  const std::string page = page_of(write_batch(folder));

  EXPECT_THAT(page, HasSubstr("<b>300</b> patterns, <b>292</b> refined without objection"));
  EXPECT_THAT(page, HasSubstr("<b>not_converged</b>"));
  EXPECT_THAT(page, HasSubstr("The first 200 of 300"));
}

TEST_F(Report, AnUnfinishedRunIsReportedAsSuch) {
  ScratchFolder folder;
  {
    io::ResultFile file = io::ResultFile::create(folder / "out.h5", false);
    file.append_patterns(made_up::chunk(0, 3, 100));
  }

  const std::string page = page_of(folder / "out.h5.partial");

  EXPECT_THAT(page, HasSubstr("Unfinished run."));
  EXPECT_THAT(page, HasSubstr("GAD-UNSEALED"));
}

TEST_F(Report, WhatIsNoResultEndsWithAMessage) {
  ScratchFolder folder;
  std::ofstream(folder / "noise.h5") << "no HDF5 at all";

  const Outcome outcome = run(python_ + " " + source + "/scripts/report.py " +
                              (folder / "noise.h5") + " --out " + (folder / "page.html"));

  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.output, HasSubstr("E-H5-001"));
  EXPECT_THAT(outcome.output, Not(HasSubstr("Traceback")));
}

}  // namespace
}  // namespace gadolin
