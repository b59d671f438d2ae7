#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "tests/pipeline/app/program.hpp"

/// gadolin convert: what goes in comes out again, and nothing is overwritten unasked.
namespace gadolin::testing_program {
namespace {

std::string seed(const std::string& name) {
  std::ifstream in(std::string(GADOLIN_SOURCE_DIR) + "/tests/fuzz/corpus/" + name,
                   std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string without_comments(const std::string& text) {
  std::istringstream lines(text);
  std::string line, rows;
  while (std::getline(lines, line)) {
    if (line.rfind('#', 0) != 0) rows += line + '\n';
  }
  return rows;
}

TEST(Convert, ThroughNexusAndBackTheNumbersStay) {
  const Folder folder("convert");
  folder.write("scan.raw", seed("bruker_raw/v3_two_ranges.raw"));

  const auto to_text = folder.run("convert scan.raw --out a.xy --quiet");
  const auto to_nexus = folder.run("convert scan.raw --out a.nxs --quiet");
  const auto back = folder.run("convert a.nxs --out b.xy --quiet");

  EXPECT_EQ(to_text.exit_code, 0) << to_text.err;
  EXPECT_EQ(to_nexus.exit_code, 0) << to_nexus.err;
  EXPECT_EQ(back.exit_code, 0) << back.err;
  for (const std::string number : {"", "_2"}) {  // the file holds two ranges
    const std::string rows = without_comments(folder.read("a" + number + ".xy"));
    EXPECT_EQ(std::count(rows.begin(), rows.end(), '\n'), 24);
    EXPECT_EQ(rows, without_comments(folder.read("b" + number + ".xy")));
  }
}

TEST(Convert, NothingIsOverwrittenUnasked) {
  const Folder folder("convert_over");
  folder.write("scan.xml", seed("xrdml/plain.xrdml"));
  ASSERT_EQ(folder.run("convert scan.xml --out a.nxs").exit_code, 0);

  const auto again = folder.run("convert scan.xml --out a.nxs");
  const auto forced = folder.run("convert scan.xml --out a.nxs --force");
  const auto itself = folder.run("convert a.nxs --out a.nxs --force");
  const auto unknown = folder.run("convert scan.xml --out a.pdf");
  const auto nowhere = folder.run("convert scan.xml --out scan.xml/a.nxs");

  EXPECT_EQ(again.exit_code, 2);
  EXPECT_NE(again.err.find("E-OUT-001"), std::string::npos) << again.err;
  EXPECT_EQ(forced.exit_code, 0) << forced.err;
  EXPECT_EQ(itself.exit_code, 2);
  EXPECT_NE(itself.err.find("E-OUT-005"), std::string::npos) << itself.err;
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_NE(unknown.err.find("E-CLI-001"), std::string::npos) << unknown.err;
  EXPECT_EQ(nowhere.exit_code, 6);
  EXPECT_NE(nowhere.err.find("E-OUT-002"), std::string::npos) << nowhere.err;
}

TEST(Convert, AHostileHdf5FileIsAnErrorOfItsOwn) {
  const Folder folder("convert_bad");
  std::string bytes = seed("nexus/chunked.nxs");
  for (std::size_t at = 2000; at < bytes.size(); at += 97) bytes[at] = static_cast<char>(0xA5);
  folder.write("bad.nxs", bytes);

  const auto outcome = folder.run("convert bad.nxs --out a.xy");

  EXPECT_EQ(outcome.exit_code, 3) << outcome.err;
  EXPECT_EQ(outcome.err.rfind("error[E-", 0), 0u) << outcome.err;
  EXPECT_NE(outcome.err.find("bad.nxs"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace gadolin::testing_program
