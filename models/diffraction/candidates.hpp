#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "models/diffraction/peak_search.hpp"
#include "models/diffraction/refine_batch.hpp"
#include "models/diffraction/types.hpp"

/// Phases of a library that may be in a specimen, and what their patterns look like.
namespace gadolin::diffraction {

/// A library entry as the search wants it.
struct LibraryPhase {
  CrystalStructure structure;
  std::string group;  ///< isotype group; empty: its own
};

/// Elements no common assay sees (H, C, O) are always allowed.
bool always_allowed(const std::string& element);

/// Whether a structure holds only elements of the list (empty list: any) and none of those
/// excluded.
bool elements_allow(const CrystalStructure& structure, const std::vector<std::string>& elements,
                    const std::vector<std::string>& excluded);

/// A candidate with everything that does not depend on the pattern but its lines.
struct Candidate {
  std::size_t library = 0;  ///< index of its entry
  std::string name, group;
  bool rare_earth = false;
  bool turbostratic = false;      ///< one basal line, and bands where crystals have lines
  double cell_tolerance = 0.005;  ///< largest relative change of lengths that is searched
  double cell_sigma = 0.002;      ///< how far from the library cells usually lie
  double first_width = 1.0;       ///< PhaseShape::width a fit starts with: stacking faults broaden
  PhaseModel model;
  std::vector<Ring> rings;  ///< without those below 0.1 % of the strongest
  double scale = 1.0;       ///< patterns are divided by this: the strongest line has area 1
  /// Texture axes that may be tried, each with its symmetry equivalents.
  std::vector<std::vector<std::array<int, 3>>> axes;

  /// The equivalents of an axis; empty if it was not prepared.
  const std::vector<std::array<int, 3>>* axis_members(const std::array<int, 3>& axis) const;
};

/// How a candidate looks in a specimen.
struct PhaseShape {
  std::array<double, max_cell_directions> cell{};  ///< changes along the free directions
  double width = 1.0;                              ///< of the lines, times the pattern's own
  std::array<int, 3> texture_axis{};               ///< 0 0 0: none
  double march_r = 1.0;
};

/// The even grid a pattern is drawn on.
struct SearchGrid {
  double first_deg = 0.0, step_deg = 0.0;
  std::size_t points = 0;
};

/// All hkl that the rotations of a structure make equivalent, Friedel mates included.
std::vector<std::array<int, 3>> equivalents(const CrystalStructure& structure,
                                            const std::array<int, 3>& hkl);

/// Cell tolerance by what kind of phase it is: rare-earth phases and phases of many elements form
/// solid solutions, simple compounds do not.
void set_tolerance(const CrystalStructure& structure, Candidate& candidate);

/// throws as make_rings; a structure with too many reflections gets no rings
Candidate make_candidate(const LibraryPhase& phase, std::size_t index, const Instrument& instrument,
                         const AtomicTables& tables, double two_theta_max_deg);

/// The metric of a candidate whose cell is changed alike in all lengths by `strain`.
std::array<double, max_cell_directions> isotropic_cell(const Candidate& candidate, double strain);
/// Mean relative change of the cell lengths.
double mean_strain(const Candidate& candidate, const PhaseShape& shape);

/// One line of a candidate.
struct SearchLine {
  double two_theta_deg = 0.0;
  double area = 0.0;  ///< of all lines of the tube, after division by Candidate::scale
};

/// Draws patterns on a grid: pseudo-Voigt lines with the width law of the pattern.
class PatternPainter {
 public:
  PatternPainter(const PreparedPattern& data, const Instrument& instrument, double eta,
                 double blur_deg);

  /// Adds nothing, overwrites: pattern of unit scale [grid.points].
  ///   displacement_deg  shift of a line at zero angle; times cos(theta)
  void paint(const Candidate& candidate, const PhaseShape& shape, double displacement_deg,
             const SearchGrid& grid, std::vector<double>& out) const;
  /// Main-line positions and areas inside the range, in the order of the rings.
  std::vector<SearchLine> lines(const Candidate& candidate, const PhaseShape& shape,
                                double displacement_deg) const;

 private:
  double lorentz_polarisation(double theta) const;
  double texture(const Candidate& candidate, const PhaseShape& shape, const Ring& ring) const;

  const PreparedPattern& data_;
  const Instrument& instrument_;
  double blur_deg_;
  std::vector<double> table_;  ///< profile of unit area and width by |x| / FWHM
};

}  // namespace gadolin::diffraction
