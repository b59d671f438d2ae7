#include "io/store/pattern_library.hpp"

#include <cmath>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>

#include <gtest/gtest.h>

#include "io/store/datasets.hpp"
#include "models/core/error.hpp"
#include "tests/unit/store/scratch_folder.hpp"

namespace gadolin::io {
namespace {

diffraction::PatternLibrary two_phases() {
  diffraction::PatternLibrary library;
  library.title = "two phases";
  library.source = "made up for this test";
  library.licence = "none needed";
  library.rir_reference = "CORUNDUM";
  library.wavelength_angstrom = {1.5406, 1.5444};
  library.kalpha2_ratio = 0.5;
  for (int i = 0; i < 50; ++i) library.two_theta_deg.push_back(5.0 + 0.02 * i);
  diffraction::ReferencePhase corundum, glass;
  corundum.id = "CORUNDUM";
  corundum.name = "Corundum";
  corundum.rir = 1.0;
  glass.id = "GLASS";
  glass.name = "Glass";
  glass.group = "Amorphous";
  glass.kind = diffraction::ReferenceKind::amorphous;
  for (int i = 0; i < 50; ++i) {
    corundum.intensity.push_back(i == 20 ? 10000.0 : 7.0);
    glass.intensity.push_back(100.0 - i);
  }
  library.phases = {corundum, glass};
  return library;
}

std::string code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  return "accepted";
}

TEST(PatternLibrary, WhatIsWrittenIsReadBack) {
  const ScratchFolder folder;
  const auto library = two_phases();
  write_pattern_library(folder / "a.h5", library);

  InputFile record;
  const auto back = read_pattern_library(folder / "a.h5", &record);

  EXPECT_EQ(record.role, "library");
  EXPECT_EQ(record.sha256.size(), 64u);
  EXPECT_EQ(back.title, library.title);
  EXPECT_EQ(back.licence, library.licence);
  EXPECT_EQ(back.rir_reference, "CORUNDUM");
  EXPECT_EQ(back.wavelength_angstrom, library.wavelength_angstrom);
  EXPECT_EQ(back.kalpha2_ratio, 0.5);
  EXPECT_EQ(back.two_theta_deg, library.two_theta_deg);
  ASSERT_EQ(back.phases.size(), 2u);
  EXPECT_EQ(back.phases[0].intensity, library.phases[0].intensity);
  EXPECT_EQ(back.phases[1].intensity, library.phases[1].intensity);
  EXPECT_EQ(back.phases[1].kind, diffraction::ReferenceKind::amorphous);
  EXPECT_EQ(back.phases[1].group, "Amorphous");
  EXPECT_EQ(back.phases[0].rir, 1.0);
  EXPECT_EQ(back.phases[1].rir, 0.0) << "not stated, so not a number in the file";
  EXPECT_EQ(back.index_of("GLASS"), 1);
  EXPECT_EQ(back.index_of("glass"), -1);
}

TEST(PatternLibrary, EqualLibrariesGiveEqualBytes) {
  const ScratchFolder folder;
  write_pattern_library(folder / "a.h5", two_phases());
  write_pattern_library(folder / "b.h5", two_phases());

  EXPECT_EQ(bytes_of(folder / "a.h5"), bytes_of(folder / "b.h5"));
}

TEST(PatternLibrary, AnExistingFileIsKeptUnlessForced) {
  const ScratchFolder folder;
  write_pattern_library(folder / "a.h5", two_phases());
  EXPECT_EQ(code_of([&] { write_pattern_library(folder / "a.h5", two_phases()); }), "E-OUT-001");
  EXPECT_EQ(code_of([&] { write_pattern_library(folder / "a.h5", two_phases(), true); }),
            "accepted");
}

TEST(PatternLibrary, ALibraryThatContradictsItselfIsNotWritten) {
  const ScratchFolder folder;
  const std::vector<std::function<void(diffraction::PatternLibrary&)>> faults = {
      [](auto& l) { l.phases.clear(); },
      [](auto& l) { l.phases[1].id = "CORUNDUM"; },
      [](auto& l) { l.phases[1].intensity.pop_back(); },
      [](auto& l) { l.phases[0].intensity[3] = std::numeric_limits<double>::quiet_NaN(); },
      [](auto& l) { l.phases[0].rir = -1.0; },
      [](auto& l) { l.two_theta_deg[7] = l.two_theta_deg[6]; },
      [](auto& l) { l.rir_reference = "QUARTZ"; },
      [](auto& l) { l.wavelength_angstrom[0] = 0.0; },
  };
  for (const auto& spoil : faults) {
    auto library = two_phases();
    spoil(library);
    EXPECT_EQ(code_of([&] { write_pattern_library(folder / "a.h5", library); }), "E-LIB-023");
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "a.h5"));
}

TEST(PatternLibrary, OtherFilesAreRefused) {
  const ScratchFolder folder;
  EXPECT_EQ(code_of([&] { read_pattern_library(folder / "none.h5"); }), "E-IN-001");
  std::ofstream(folder / "text.h5") << "no HDF5";
  EXPECT_EQ(code_of([&] { read_pattern_library(folder / "text.h5"); }), "E-H5-001");
  { const auto file = hdf5::create_file(folder / "other.h5"); }
  EXPECT_EQ(code_of([&] { read_pattern_library(folder / "other.h5"); }), "E-LIB-024");
  write_pattern_library(folder / "a.h5", two_phases());
  {
    const hdf5::File file(H5Fopen((folder / "a.h5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT));
    H5Ldelete(file.get(), "library/phases/rir", H5P_DEFAULT);
  }
  EXPECT_EQ(code_of([&] { read_pattern_library(folder / "a.h5"); }), "E-LIB-025");
  {  // as another program might write it: without the hash
    const hdf5::File file(H5Fopen((folder / "a.h5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT));
    H5Adelete(file.get(), "gadolin_content_sha256");
  }
  EXPECT_EQ(code_of([&] { read_pattern_library(folder / "a.h5"); }), "E-H5-002");
}

TEST(PatternLibrary, AChangedIntensityIsFound) {
  const ScratchFolder folder;
  write_pattern_library(folder / "a.h5", two_phases());
  {
    const hdf5::File file(H5Fopen((folder / "a.h5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT));
    const hid_t data = H5Dopen2(file.get(), "library/patterns/intensity", H5P_DEFAULT);
    std::vector<double> values(100);
    H5Dread(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    values[20] = 10001.0;
    H5Dwrite(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    H5Dclose(data);
  }
  EXPECT_EQ(code_of([&] { read_pattern_library(folder / "a.h5"); }), "E-LIB-025");
}

}  // namespace
}  // namespace gadolin::io
