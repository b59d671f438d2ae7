#include "io/readers/cif.hpp"

#include <cmath>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "io/readers/structure_library.hpp"
#include "models/core/element.hpp"

namespace gadolin::io {
namespace {

const std::string datasets = std::string(GADOLIN_SOURCE_DIR) + "/datasets";

constexpr const char* ceria = R"(data_ceria
_chemical_formula_sum 'Ce O2'
_cell_length_a 5.4113(2)
_cell_length_b 5.4113
_cell_length_c 5.4113
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_space_group_name_H-M_alt 'F m -3 m'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_U_iso_or_equiv
_atom_site_occupancy
Ce1 Ce4+ 0 0 0 0.005 1.0
O1 O2- 0.25 0.25 0.25 0.010 0.97(1)
)";

TEST(Cif, SpaceGroupSymbolGivesTheCompleteOperatorList) {
  const auto structure = parse_cif(ceria, "ceria.cif");

  EXPECT_EQ(structure.operations.size(), 192u);
  EXPECT_EQ(structure.name, "ceria");
  EXPECT_EQ(structure.formula, "CeO2");
  EXPECT_DOUBLE_EQ(structure.cell[0], 5.4113);
}

TEST(Cif, ChargesOccupanciesAndDisplacementsAreRead) {
  const auto structure = parse_cif(ceria, "ceria.cif");

  ASSERT_EQ(structure.sites.size(), 2u);
  EXPECT_EQ(structure.sites[0].element, "Ce");
  EXPECT_EQ(structure.sites[0].charge, 4);
  EXPECT_EQ(structure.sites[1].charge, -2);
  EXPECT_DOUBLE_EQ(structure.sites[1].occupancy, 0.97);
  // 8 pi^2 * 0.005, by hand
  EXPECT_NEAR(structure.sites[0].b_iso_angstrom2, 0.394784, 1e-6);
}

TEST(Cif, AnisotropicTensorGivesItsEquivalent) {
  std::string text = ceria;
  text.replace(text.find("_atom_site_U_iso_or_equiv\n"), 26, "_atom_site_calc_flag\n");
  text.replace(text.find(" 0.005 "), 7, " d ");
  text.replace(text.find(" 0.010 "), 7, " d ");
  text +=
      "loop_\n_atom_site_aniso_label\n_atom_site_aniso_U_11\n_atom_site_aniso_U_22\n"
      "_atom_site_aniso_U_33\n_atom_site_aniso_U_12\n_atom_site_aniso_U_13\n"
      "_atom_site_aniso_U_23\nCe1 0.004 0.005 0.006 0 0 0\n";

  const auto structure = parse_cif(text, "ceria.cif");

  EXPECT_NEAR(structure.sites[0].b_iso_angstrom2, 0.394784, 1e-6);  // mean of the diagonal
  EXPECT_DOUBLE_EQ(structure.sites[1].b_iso_angstrom2, 0.5);        // nothing stated
}

TEST(Cif, HexagonalEquivalentOfAnIsotropicTensorIsIsotropic) {
  // An isotropic displacement U in hexagonal axes has U11 = U22 = U33 = U, U12 = U/2.
  std::string text =
      "data_x\n_cell_length_a 3.0\n_cell_length_b 3.0\n_cell_length_c 5.0\n"
      "_cell_angle_gamma 120\n_space_group_name_H-M_alt 'P -3 m 1'\nloop_\n_atom_site_label\n"
      "_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\nMg1 0 0 0\nloop_\n"
      "_atom_site_aniso_label\n_atom_site_aniso_U_11\n_atom_site_aniso_U_22\n"
      "_atom_site_aniso_U_33\n_atom_site_aniso_U_12\n_atom_site_aniso_U_13\n"
      "_atom_site_aniso_U_23\nMg1 0.01 0.01 0.01 0.005 0 0\n";

  const auto structure = parse_cif(text, "x.cif");

  EXPECT_NEAR(structure.sites[0].b_iso_angstrom2, 0.789568, 1e-5);
  EXPECT_EQ(structure.operations.size(), 12u);
}

TEST(Cif, ShortThirdsBecomeThirds) {
  std::string text =
      "data_x\n_cell_length_a 3.25\n_cell_length_b 3.25\n_cell_length_c 5.2\n_cell_angle_gamma "
      "120\n_space_group_name_H-M_alt 'P 63 m c'\nloop_\n_atom_site_label\n_atom_site_fract_x\n"
      "_atom_site_fract_y\n_atom_site_fract_z\nZn1 0.3333 0.6667 0\nO1 .3333 .6667 .382\n";

  const auto structure = parse_cif(text, "x.cif");

  EXPECT_DOUBLE_EQ(structure.sites[0].fract[0], 1.0 / 3.0);
  EXPECT_DOUBLE_EQ(structure.sites[0].fract[1], 2.0 / 3.0);
  EXPECT_EQ(structure.formula, "Zn2O2");  // cell content, as no formula is stated
}

TEST(Cif, OperatorsAreReadInEveryUsualSpelling) {
  const auto one = parse_symmetry_operator("x-y,-y,z+1/2", "here");
  const auto two = parse_symmetry_operator(" X - Y , -Y , 0.5+Z ", "here");
  const auto three = parse_symmetry_operator("-y+x,-y,-1/2+z", "here");

  EXPECT_EQ(one.rotation, two.rotation);
  EXPECT_EQ(one.translation, two.translation);
  EXPECT_EQ(one.rotation, three.rotation);
  EXPECT_EQ(one.translation, three.translation);
  EXPECT_EQ(one.rotation[0][1], -1);
  EXPECT_DOUBLE_EQ(one.translation[2], 0.5);
}

TEST(StructureLibrary, EveryShippedStructureLoadsWithDensityOfTheIndex) {
  const auto entries = list_structures(datasets);
  ASSERT_GE(entries.size(), 197u);

  for (const auto& entry : entries) {
    const auto structure = load_structure(entry.name, datasets);
    EXPECT_EQ(structure.name, entry.name);
    EXPECT_FALSE(structure.sites.empty()) << entry.name;
    const auto& c = structure.cell;
    const double r = 3.14159265358979323846 / 180.0;
    const double ca = std::cos(c[3] * r), cb = std::cos(c[4] * r), cg = std::cos(c[5] * r);
    const double volume =
        c[0] * c[1] * c[2] * std::sqrt(1.0 - ca * ca - cb * cb - cg * cg + 2.0 * ca * cb * cg);
    // A turbostratic cell holds one layer of the stack it is as high as; matter fills every place.
    const double layers = structure.turbostratic > 0 ? structure.turbostratic : 1;
    const double mass =
        layers * entry.formula_units * formula_weight_g_per_mol(parse_formula(structure.formula));
    EXPECT_NEAR(mass * 1.66053907 / volume, entry.density_g_per_cm3, 0.03 * entry.density_g_per_cm3)
        << entry.name << " " << structure.formula;
  }
}

TEST(StructureLibrary, AliasesAndCaseFindThePhase) {
  EXPECT_EQ(load_structure("NiO", datasets).name, "bunsenite");
  EXPECT_EQ(load_structure("La(OH)3", datasets).name, "LaOH3");
  EXPECT_EQ(load_structure("Corundum", datasets).name, "corundum");
}

TEST(StructureLibrary, UnknownPhaseNamesTheNearest) {
  try {
    load_structure("corundom", datasets);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "E-XRD-020");
    EXPECT_NE(std::string(error.what()).find("corundum"), std::string::npos) << error.what();
    EXPECT_EQ(error.exit(), ExitCode::usage);
  }
}

TEST(StructureLibrary, AFormulaOfTwoPolymorphsIsNotGuessed) {
  try {
    load_structure("TiO2", datasets);
    FAIL() << "accepted";
  } catch (const Error& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("anatase"), std::string::npos) << text;
    EXPECT_NE(text.find("rutile"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace gadolin::io
