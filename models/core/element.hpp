#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gadolin {

/// Rare earths in the order every table uses: La..Lu without Pm, then Y, then Sc.
inline constexpr std::array<const char*, 16> rare_earths = {
    "La", "Ce", "Pr", "Nd", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Y", "Sc"};

/// Atomic number of a symbol ("La"), or nullopt. Case counts.
std::optional<int> atomic_number(std::string_view symbol);
/// Symbol for Z 1..103. throws Error E-ELEM-001 outside.
std::string element_symbol(int z);
/// Standard atomic weight [g/mol]; abridged IUPAC 2021 values. throws Error E-ELEM-001 if unknown.
double atomic_weight_g_per_mol(std::string_view symbol);
bool is_rare_earth(std::string_view symbol);
/// Index in rare_earths, or -1.
int rare_earth_index(std::string_view symbol);

struct FormulaTerm {
  std::string element;
  double count = 0.0;
};
/// Parses "La2O3", "CeCO3F", "Ca5(PO4)3F", "Fe0.95O", "(Ce,La)PO4" is refused.
/// throws Error E-ELEM-002 naming the offending text.
std::vector<FormulaTerm> parse_formula(std::string_view formula);
double formula_weight_g_per_mol(const std::vector<FormulaTerm>& formula);

/// Oxide a rare earth is reported as: La2O3, CeO2, Pr6O11, Nd2O3, ..., Tb4O7, ..., Y2O3, Sc2O3;
/// for other elements the usual one (SiO2, Fe2O3, ...). "" if there is none (F, Cl, ...).
std::string default_oxide(std::string_view element);
/// Mass of oxide per mass of element, e.g. ("Ce", "CeO2") -> 1.2284. Computed from atomic weights.
/// throws Error E-ELEM-003 if the oxide does not hold the element.
double element_to_oxide_factor(std::string_view element, std::string_view oxide);
/// The non-oxygen element of an oxide formula ("Pr6O11" -> "Pr"), or "" if it is no binary oxide.
std::string oxide_cation(std::string_view oxide);

}  // namespace gadolin
