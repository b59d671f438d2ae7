#include <set>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/pipeline/app/program.hpp"

/// Cases that leave the phases to the search.
namespace gadolin::testing_program {
namespace {

using Json = nlohmann::json;

const std::string example = std::string(GADOLIN_SOURCE_DIR) + "/configs/example_seizure/";

std::string searched_case(const std::string& phases) {
  return "[case]\nid = \"T\"\n[[sample]]\nid = \"SZ-464\"\npattern = \"" + example +
         "pattern.xy\"\ninstrument = \"aeris_cu\"\nphases = " + phases + "\nassay = \"" + example +
         "assay.csv\"\n";
}

TEST(AutoPhases, CaseSearchesAmongWhatTheAssayAllows) {
  const Folder folder("auto_case");
  folder.write("case.toml", searched_case("\"auto\""));

  const Outcome outcome = folder.run("analyse case.toml --json --out r.h5");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json pattern = Json::parse(outcome.out)["samples"][0]["patterns"][0];
  const Json found = pattern["identification"];
  EXPECT_LT(found["candidates"].get<int>(), 197) << "the assay excludes elements";
  std::set<std::string> names;
  for (const auto& phase : found["phases"]) names.insert(phase["name"]);
  for (const char* name : {"goethite", "kaolinite", "quartz", "monazite-Ce"}) {
    EXPECT_EQ(names.count(name), 1U) << name;
  }
  EXPECT_EQ(pattern["phases"].size(), names.size()) << "what is found is refined";
}

TEST(AutoPhases, AnotherWordThanAutoIsRefused) {
  const Folder folder("auto_word");
  folder.write("case.toml", searched_case("\"automatic\""));

  const Outcome outcome = folder.run("analyse case.toml --out r.h5");

  EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
  EXPECT_NE(outcome.err.find("E-TOML-006"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace gadolin::testing_program
