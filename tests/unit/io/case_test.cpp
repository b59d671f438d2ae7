#include "io/config/case.hpp"

#include <gtest/gtest.h>

#include "io/config/toml_table.hpp"

namespace gadolin::config {
namespace {

constexpr const char* full_case = R"([case]
id = "2026-118"
title = "Seizure declared as iron ore"
customer = "Customs"
declared_as = "iron ore"
questions = ["Is it ore?"]
[[case.custody]]
when = "2026-03-01T10:00+01:00"
who = "A. Officer"
what = "sealed"
mass_g = 120.5

[laboratory]
name = "Central laboratory"

[run]
seed = 7
engine = "openmp"

[diffraction]
phases = ["goethite", "own/phase.cif"]
instrument = "aeris_cu"
two_theta_min_deg = 10.0

[origin]
prior_unknown = 0.3
worst_grade = "A"

[recovery]
route = "bastnasite_roast"
draws = 500

[[sample]]
id = "A"
pattern = "a.xy"
assay = "table.csv"
assay_row = "row 3"

[[sample]]
id = "B"
patterns = ["b1.xrdml", "b2.xrdml"]
phases = ["monazite-Ce"]
declared_as = "sand"
)";

TEST(Case, EveryTableIsRead) {
  const Case c = parse_case(full_case, "cases/case.toml", false);

  EXPECT_EQ(c.id, "2026-118");
  ASSERT_EQ(c.samples.size(), 2u);
  EXPECT_EQ(c.samples[0].assay_row, "row 3");
  EXPECT_EQ(c.samples[0].pattern_files.at(0), "cases/a.xy");
  EXPECT_EQ(c.samples[0].phases, (std::vector<std::string>{"goethite", "cases/own/phase.cif"}));
  EXPECT_EQ(c.samples[0].instrument, "aeris_cu");
  EXPECT_EQ(c.samples[0].declared_as, "iron ore");
  EXPECT_EQ(c.samples[1].declared_as, "sand");
  EXPECT_EQ(c.samples[1].phases, std::vector<std::string>{"monazite-Ce"});
  EXPECT_EQ(c.samples[1].pattern_files.size(), 2u);
  EXPECT_EQ(c.seed, 7u);
  EXPECT_EQ(c.engine, "openmp");
  EXPECT_FALSE(c.threads.has_value());
  EXPECT_DOUBLE_EQ(c.diffraction.two_theta_min_deg, 10.0);
  EXPECT_DOUBLE_EQ(c.origin.options.prior_unknown, 0.3);
  EXPECT_EQ(c.origin.options.worst_grade, origin::EvidenceGrade::a);
  EXPECT_TRUE(c.recovery.asked);
  EXPECT_EQ(c.recovery.draws, 500);
  EXPECT_FALSE(c.separation.asked);
}

TEST(Case, HarmonicsAndStrainByDirectionAreAskedForByPhaseOrForAll) {
  std::string text = full_case;
  const std::string key = "two_theta_min_deg = 10.0\n";
  text.insert(text.find(key) + key.size(),
              "anisotropic_strain = [\"all\"]\n[[diffraction.harmonics]]\nphase = "
              "\"goethite\"\norder = 6\n[[diffraction.harmonics]]\n");
  const Case c = parse_case(text, "case.toml", false);

  ASSERT_EQ(c.diffraction.harmonics.size(), 2u);
  EXPECT_EQ(c.diffraction.harmonics[0].phase, "goethite");
  EXPECT_EQ(c.diffraction.harmonics[0].order, 6);
  EXPECT_EQ(c.diffraction.harmonics[1].phase, "");
  EXPECT_EQ(c.diffraction.harmonics[1].order, 4);
  EXPECT_EQ(c.diffraction.anisotropic_strain, std::vector<std::string>{""});
}

TEST(Case, FactsReachEverySampleAndMissingOnesStayAbsent) {
  const Case c = parse_case(full_case, "case.toml", false);

  std::string customer, laboratory, custody, seal = "absent";
  for (const auto& fact : c.samples[1].record.facts) {
    if (fact.key == "customer") customer = fact.value;
    if (fact.key == "laboratory_name") laboratory = fact.value;
    if (fact.key == "custody_01") custody = fact.value;
    if (fact.key == "seal_id") seal = fact.value;
  }
  EXPECT_EQ(customer, "Customs");
  EXPECT_EQ(laboratory, "Central laboratory");
  EXPECT_EQ(custody, "2026-03-01T10:00+01:00; A. Officer; sealed; 120.5 g");
  EXPECT_EQ(seal, "absent");
  EXPECT_EQ(c.samples[0].record.questions.size(), 1u);
}

TEST(TomlTable, UnknownKeyNamesTheNearestAndTheLine) {
  const auto table = TomlTable::parse("alpha = 1\n\nwavelenght = 1.54\n", "x.toml");
  table.number_or("alpha", 0.0);
  table.number_or("wavelength_angstrom", 0.0);

  try {
    table.finish();
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "E-TOML-002");
    EXPECT_EQ(error.where(), "x.toml:3");
    EXPECT_EQ(error.exit(), ExitCode::usage);
  }
}

TEST(TomlTable, AMissingUnitIsNamed) {
  const auto table = TomlTable::parse("wavelength = 1.54\n", "x.toml");
  table.number_or("wavelength_angstrom", 0.0);
  table.number_or("wavelengths", 0.0);

  try {
    table.finish();
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_NE(error.remedy().find("wavelength_angstrom"), std::string::npos) << error.remedy();
    EXPECT_NE(error.remedy().find("unit"), std::string::npos) << error.remedy();
  }
}

TEST(TomlTable, ValuesAreTypedAndBounded) {
  const auto table =
      TomlTable::parse("a = 2\nb = \"x\"\nc = [1, 2.5]\nd = true\ne = -1.0\nf = inf\n", "x.toml");

  EXPECT_DOUBLE_EQ(table.number("a"), 2.0);
  EXPECT_EQ(table.integer("a", 0, 5), 2);
  EXPECT_EQ(table.text("b"), "x");
  EXPECT_EQ(table.numbers("c"), (std::vector<double>{1.0, 2.5}));
  EXPECT_TRUE(table.boolean("d"));
  EXPECT_THROW(table.number("e", not_negative), Error);
  EXPECT_THROW(table.number("f"), Error);
  EXPECT_THROW(table.number("b"), Error);
  EXPECT_THROW(table.text("a"), Error);
  EXPECT_THROW(table.number("absent"), Error);
  EXPECT_DOUBLE_EQ(table.number_or("absent", 4.0), 4.0);
}

}  // namespace
}  // namespace gadolin::config
