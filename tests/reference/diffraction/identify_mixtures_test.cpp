// Weighed mixtures whose phases nobody names: the search must name them.
#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "io/config/instrument.hpp"
#include "io/readers/atomic_tables.hpp"
#include "io/readers/pattern.hpp"
#include "io/readers/structure_library.hpp"
#include "models/diffraction/identify.hpp"
#include "tests/shared_data.hpp"

namespace gadolin::diffraction {
namespace {

const std::string datasets = std::string(GADOLIN_SOURCE_DIR) + "/datasets";

std::vector<std::string> phases_found(const std::string& file, const std::string& instrument,
                                      const std::vector<std::string>& elements) {
  PhaseLibrary library;
  for (const auto& entry : io::list_structures(datasets)) {
    library.phases.push_back({io::load_structure(entry.name, datasets), entry.group});
  }
  IdentifyOptions options;
  options.elements = elements;
  const auto found =
      identify(io::read_patterns(file), library,
               config::read_instrument(datasets + "/instruments/" + instrument + ".toml"),
               io::read_atomic_tables(datasets + "/atomic"), options, make_engine("auto"));
  std::vector<std::string> names;
  for (const auto& phase : found.at(0).phases) names.push_back(phase.name);
  std::sort(names.begin(), names.end());
  return names;
}

TEST(Identify, NamesOnePercentCorundumInFluorite) {
  GADOLIN_SHARED_OR_SKIP(file, "xrd/cpd_roundrobin/cpd-1a.prn");

  EXPECT_EQ(phases_found(file, "cpd_philips3020", {"Al", "O", "Zn", "Ca", "F"}),
            (std::vector<std::string>{"corundum", "fluorite", "zincite"}));
}

TEST(Identify, NamesFourPhasesOneOfThemPlaty) {
  GADOLIN_SHARED_OR_SKIP(file, "xrd/cpd_roundrobin/cpd-2.prn");

  EXPECT_EQ(phases_found(file, "cpd_philips3020", {"Al", "O", "Zn", "Ca", "F", "Mg", "H"}),
            (std::vector<std::string>{"brucite", "corundum", "fluorite", "zincite"}));
}

TEST(Identify, NamesLanthanumHydroxideInAShortScan) {
  GADOLIN_SHARED_OR_SKIP(
      file, "xrd/dara_precursor_mixtures/NiO_0p7028-La(OH)3_0p1010-ZnO_0p2000--2min.xrdml");

  EXPECT_EQ(phases_found(file, "aeris_cu", {"Ni", "La", "Zn", "O", "H"}),
            (std::vector<std::string>{"LaOH3", "bunsenite", "zincite"}));
}

}  // namespace
}  // namespace gadolin::diffraction
