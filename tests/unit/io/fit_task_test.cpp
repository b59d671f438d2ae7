#include "io/config/fit_task.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "io/config/circuit.hpp"

namespace {

using namespace gadolin;

class FitTaskFiles : public testing::Test {
 protected:
  std::filesystem::path folder_;
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("gadolin_fit_" +
               std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return (folder_ / name).string();
  }
  std::string code_of(const std::string& path) const {
    try {
      config::read_fit(path);
    } catch (const Error& e) {
      return e.code();
    }
    return "none";
  }
};

const char* header =
    "experiment,source,element,extractant_formal_molar,feed_acid_molar,feed_molar,d\n";

TEST_F(FitTaskFiles, ATableAloneStatesItsBasisInTheHeader) {
  const auto path = write("a.csv", std::string(header) +
                                       "1,Li,Nd,1.0,0.1,0.05,0.8\n"
                                       "2,Li,Pr,1.0,0.1,0.05,0.4\n"
                                       "2,Li,Nd,1.0,0.1,0.02,0.7\n");
  const auto setup = config::read_fit(path);

  ASSERT_EQ(setup.task.experiments.size(), 2u);
  EXPECT_DOUBLE_EQ(setup.task.experiments[0].extractant_molar, 0.5);  // constants are for the dimer
  EXPECT_EQ(setup.task.species.size(), 2u);
  EXPECT_TRUE(setup.task.experiments[0].fitted);
  EXPECT_FALSE(setup.task.experiments[1].fitted);  // two metals: a check by default
  EXPECT_EQ(code_of(write("b.csv", "element,extractant_molar,ph,feed_molar,d\nNd,1,1,0.1,1\n")),
            "E-SEP-006");
}

TEST_F(FitTaskFiles, CellsThatCannotBeUsedAreNamedByLine) {
  const std::string good = "1,Li,Nd,1.0,0.1,0.05,0.8\n";
  EXPECT_EQ(code_of(write("a.csv", header + good + "2,Li,Nd,1.0,0.1,0.05,many\n")), "E-SEP-045");
  EXPECT_EQ(code_of(write("b.csv", header + good + "2,Li,Nd,1.0,0.1,0.05,0\n")), "E-SEP-045");
  EXPECT_EQ(code_of(write("c.csv", header + good + "2,Li,Xx,1.0,0.1,0.05,1\n")), "E-SEP-045");
  EXPECT_EQ(code_of(write("d.csv", header + good + "2,Li,Nd,-1.0,0.1,0.05,1\n")), "E-SEP-045");
  EXPECT_EQ(code_of(write("e.csv", header + good + "2,Li,Nd,1.0,,0.05,1\n")), "E-SEP-045");
  EXPECT_EQ(code_of(write("f.csv", "element,extractant_formal_molar,ph,d\nNd,1,1,1\n")),
            "E-SEP-045");  // neither a feed nor said to be a tracer
  EXPECT_EQ(code_of(write("g.csv", header)), "E-SEP-045");
  try {
    config::read_fit(write("h.csv", header + good + "2,Li,Nd,1.0,0.1,0.05,0\n"));
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("h.csv:3"), std::string::npos) << e.what();
  }
}

TEST_F(FitTaskFiles, ATomlNamesColumnsAndAWrongNameIsMet) {
  write("t.csv", "El,C,pH,logD\nY,0.02,1.0,0.5\nY,0.04,1.0,1.2\n");
  const std::string head = R"(
source = "made up"
[extractant]
name = "HDEHP"
basis = "dimer"
[table]
file = "t.csv"
extractant_basis = "formal_monomer"
tracer = true
)";
  const auto setup = config::read_fit(write(
      "fit.toml", head + "columns = {element = \"El\", extractant_molar = \"C\", ph = \"pH\", "
                         "log10_d = \"logD\"}\n[model]\nexponent = \"fit\"\n"));
  EXPECT_TRUE(setup.task.fit_exponent);
  ASSERT_EQ(setup.task.experiments.size(), 2u);
  EXPECT_DOUBLE_EQ(setup.task.experiments[1].extractant_molar, 0.02);
  EXPECT_DOUBLE_EQ(*setup.task.experiments[1].ph, 1.0);
  EXPECT_EQ(code_of(write("bad.toml", head + "columns = {element = \"Element\"}\n")), "E-SEP-045");
  EXPECT_EQ(code_of(write("typo.toml", head + "colums = {element = \"El\"}\n")), "E-TOML-002");
}

TEST(ChemistryKeys, AMixedBasisAndAnImpossibleExtractantAreClearErrors) {
  const auto code = [](const std::string& species) -> std::string {
    const std::string text = R"(
name = "x"
[extractant]
name = "PC88A"
basis = "dimer"
[[species]]
name = "Nd"
evidence = "MEASURED"
source = "x"
log10_k = -2.8
)" + species + R"(
[[bank]]
name = "b"
stages = 1
[bank.aqueous_in]
flow_l_per_h = 1
[bank.organic_in]
flow_l_per_h = 1
extractant_dimer_molar = 0.5
)";
    try {
      config::parse_circuit(text, "x.toml");
    } catch (const Error& e) {
      return e.code();
    }
    return "none";
  };
  EXPECT_EQ(code(""), "none");
  EXPECT_EQ(code("basis = \"formal_monomer\"\n"), "E-SEP-006");
  EXPECT_EQ(code("anion_exponent = 3\nprotons = 3\n"), "E-SEP-012");
  EXPECT_EQ(code("[chemistry]\nactivity = \"debye\"\n"), "E-TOML-006");
}

}  // namespace
