#include "io/readers/structure_library.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>

#include <gtest/gtest.h>
#include <unistd.h>

#include "models/core/error.hpp"

namespace gadolin::io {
namespace {

namespace fs = std::filesystem;

const std::string datasets = std::string(GADOLIN_SOURCE_DIR) + "/datasets";

/// A folder of a user's CIFs, removed afterwards.
class UserFolder {
 public:
  UserFolder()
      : path_(testing::TempDir() + "library." + std::to_string(::getpid()) + "." +
              testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~UserFolder() { fs::remove_all(path_); }
  std::string path() const { return path_; }

  std::string write(const std::string& name, const std::string& text) const {
    const fs::path file = fs::path(path_) / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
    return file.string();
  }
  std::string write_rock_salt(const std::string& name, const std::string& cation) const {
    return write(name,
                 "data_x\n_cell_length_a 4.2\n_cell_length_b 4.2\n_cell_length_c 4.2\n"
                 "_space_group_name_H-M_alt 'F m -3 m'\n_chemical_formula_sum '" +
                     cation + " O'\nloop_\n_atom_site_label\n_atom_site_fract_x\n" +
                     "_atom_site_fract_y\n_atom_site_fract_z\n" + cation +
                     " 0 0 0\nO 0.5 0.5 0.5\n");
  }

 private:
  std::string path_;
};

std::string failure_of(const std::vector<std::string>& folders) {
  try {
    StructureLibrary library(datasets, folders);
  } catch (const Error& error) {
    EXPECT_EQ(error.exit(), ExitCode::usage);
    return error.code() + " " + error.text();
  }
  return "accepted";
}

TEST(StructureLibrary, IndexAndFilesAreTheSamePhases) {
  const StructureLibrary library(datasets);
  std::set<std::string> listed, files;
  for (const auto& entry : library.entries()) listed.insert(fs::path(entry.path).string());
  for (const auto& file : fs::recursive_directory_iterator(datasets + "/structures")) {
    if (file.path().extension() == ".cif") files.insert(file.path().string());
  }
  EXPECT_EQ(listed, files);
}

TEST(StructureLibrary, EveryPhaseHasLinesAndTheStrongestIsHundred) {
  const StructureLibrary library(datasets);
  for (const char* name :
       {"corundum", "bastnasite-Ce", "shcherbinaite", "zabuyelite", "bismite", "bismutite"}) {
    const auto lines = library.lines(name);
    ASSERT_FALSE(lines.empty()) << name;
    EXPECT_EQ(lines.front().relative_intensity, 100.0) << name;
  }
  // Strongest lines of the powder diffraction file, recalled: 41-1426, 22-1141, 41-1449.
  EXPECT_NEAR(library.lines("V2O5").front().d_angstrom, 4.38, 0.02);
  EXPECT_NEAR(library.lines("Li2CO3").front().d_angstrom, 2.812, 0.01);
  EXPECT_NEAR(library.lines("Bi2O3").front().d_angstrom, 3.253, 0.01);
}

TEST(StructureLibrary, OverlapsAreFoundFromBothSides) {
  const StructureLibrary library(datasets);
  const auto of_magnetite = library.overlaps("magnetite");
  const auto of_ferrite = library.overlaps("CoFe2O4_inv");
  const auto names = [](const StructureOverlap& one, const char* name) {
    return one.other == name;
  };
  ASSERT_TRUE(std::any_of(of_magnetite.begin(), of_magnetite.end(),
                          [&](const auto& one) { return names(one, "CoFe2O4_inv"); }));
  ASSERT_TRUE(std::any_of(of_ferrite.begin(), of_ferrite.end(),
                          [&](const auto& one) { return names(one, "magnetite"); }));
  EXPECT_GT(of_magnetite.front().cosine_strained, 0.98);
}

TEST(StructureLibrary, CellsWithoutCoordinatesAreListedApart) {
  const auto cells = StructureLibrary(datasets).cells_only();
  ASSERT_GE(cells.size(), 20u);
  EXPECT_EQ(cells.front().name, "lanthanum oxalate hydrate");
  EXPECT_DOUBLE_EQ(cells.front().cell[0], 10.460);
  EXPECT_DOUBLE_EQ(cells.front().cell[4], 114.36);
}

TEST(StructureLibrary, ElementsOfAnAssayLeaveThePhasesMadeOfThem) {
  const StructureLibrary library(datasets);
  const auto allowed = [&](const char* name, const std::vector<std::string>& elements) {
    return made_of(library.at(name), elements);
  };
  EXPECT_TRUE(allowed("hematite", {"Fe"}));
  EXPECT_TRUE(allowed("goethite", {"Fe"})) << "no assay sees H and O";
  EXPECT_TRUE(allowed("siderite", {"Fe"})) << "nor C";
  EXPECT_FALSE(allowed("hematite", {"Ce"}));
  EXPECT_FALSE(allowed("bastnasite-Ce", {"Ce"})) << "fluorine was not named";
  EXPECT_TRUE(allowed("bastnasite-Ce", {"F", "Ce"}));
  EXPECT_FALSE(allowed("cheralite_Brabant", {"Ce", "La", "Th", "P"}));
  EXPECT_TRUE(allowed("cheralite_Brabant", {"Ce", "La", "Th", "Ca", "Pb", "U", "P", "Si"}));
  EXPECT_TRUE(allowed("cheralite_Brabant", {}));
}

TEST(StructureLibrary, AUsersFolderAddsItsPhasesAtAnyDepth) {
  const UserFolder folder;
  folder.write_rock_salt("manganosite.cif", "Mn");
  folder.write_rock_salt("deeper/monteponite.CIF", "Cd");
  folder.write("ALIASES.csv", "alias,name\nMnO,manganosite\nCdO,monteponite\n");
  folder.write("notes.txt", "not a CIF");
  const StructureLibrary library(datasets, {folder.path()});

  EXPECT_EQ(library.entries().size(), StructureLibrary(datasets).entries().size() + 2);
  EXPECT_EQ(library.at("manganosite").material_class, "user");
  EXPECT_EQ(library.at("manganosite").formula, "MnO");
  EXPECT_EQ(library.load("CdO").name, "monteponite");
  EXPECT_EQ(library.load("MnO").sites.size(), 2u);
  EXPECT_TRUE(library.lines("MnO").empty()) << "no line of a user's phase is tabulated";
  EXPECT_EQ(library.load("corundum").name, "corundum");
}

TEST(StructureLibrary, ANameTwoPhasesClaimIsRefusedWithBothFiles) {
  const UserFolder folder;
  const auto mine = folder.write_rock_salt("Corundum.cif", "Mg");
  auto text = failure_of({folder.path()});
  EXPECT_EQ(text.rfind("E-LIB-012", 0), 0u) << text;
  EXPECT_NE(text.find(mine), std::string::npos) << text;
  EXPECT_NE(text.find("standard/corundum.cif"), std::string::npos) << text;

  fs::remove(mine);
  folder.write_rock_salt("a/same.cif", "Mg");
  folder.write_rock_salt("b/same.cif", "Ca");
  text = failure_of({folder.path()});
  EXPECT_NE(text.find("a/same.cif"), std::string::npos) << text;
  EXPECT_NE(text.find("b/same.cif"), std::string::npos) << text;

  fs::remove_all(folder.path() + "/b");
  folder.write("ALIASES.csv", "alias,name\nNiO,same\n");
  text = failure_of({folder.path()});
  EXPECT_NE(text.find("bunsenite"), std::string::npos) << text;
  EXPECT_NE(text.find("a/same.cif"), std::string::npos) << text;
}

TEST(StructureLibrary, AnAliasOfNoPhaseAndAFolderOfNoneAreRefused) {
  const UserFolder folder;
  EXPECT_EQ(failure_of({folder.path()}).rfind("E-LIB-011", 0), 0u);
  EXPECT_EQ(failure_of({folder.path() + "/none"}).rfind("E-LIB-011", 0), 0u);
  folder.write_rock_salt("a.cif", "Mg");
  folder.write("ALIASES.csv", "alias,name\nB,b\n");
  EXPECT_EQ(failure_of({folder.path()}).rfind("E-LIB-013", 0), 0u);
}

TEST(StructureLibrary, ABadCifOfAUserStopsOnlyWhoAsksForIt) {
  const UserFolder folder;
  folder.write_rock_salt("good.cif", "Mg");
  folder.write("bad.cif", "data_x\n_cell_length_a 4\n");
  const StructureLibrary library(datasets, {folder.path()});

  EXPECT_EQ(library.load("good").sites.size(), 2u);
  EXPECT_EQ(library.at("bad").problem.rfind("E-CIF-", 0), 0u) << library.at("bad").problem;
  EXPECT_THROW(library.load("bad"), Error);
}

TEST(StructureLibrary, OpeningReadsTheIndexAlone) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) StructureLibrary library(datasets);
  const std::chrono::duration<double> each = (std::chrono::steady_clock::now() - start) / 20;
  EXPECT_LT(each.count(), 0.05) << "seconds; about 1 ms is usual";
}

}  // namespace
}  // namespace gadolin::io
