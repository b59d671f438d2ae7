#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "io/store/datasets.hpp"
#include "models/core/error.hpp"
#include "models/core/quantity.hpp"

/// Pieces the tables of a result file are made of (docs/formats/result_file.md).
namespace gadolin::io {

/// MAJOR.MINOR.REVISION of the layout; a new minor adds, a new major moves or removes.
inline constexpr const char* schema_version = "1.0.0";

/// A quantity column as five: NAME (NaN unless measured), NAME_errors (NaN if not stated),
/// NAME_lod (NaN if not stated), NAME_limit (NaN unless above_range), NAME_state. scale multiplies
/// all but the state (1e6 for mg/kg from mass fractions).
void write_quantities(hid_t parent, const std::string& name, std::span<const Quantity> values,
                      const std::string& units, double scale = 1.0);
/// The same for one value (scalars).
void write_quantity(hid_t parent, const std::string& name, const Quantity& value,
                    const std::string& units, double scale = 1.0);

/// PARENT/warnings: code, text. Replaces.
void write_warnings(hid_t parent, const std::vector<Warning>& warnings);

/// Not a number, the filler wherever a state says there is none.
double no_number();

/// Marks a group as NeXus plot data: @signal, @axes, @auxiliary_signals.
void mark_plot(hid_t group, const std::string& signal, const std::vector<std::string>& axes,
               const std::vector<std::string>& others = {});

}  // namespace gadolin::io
