#pragma once

#include <span>
#include <string>
#include <vector>

#include "io/store/datasets.hpp"
#include "models/diffraction/types.hpp"

/// Absolute fractions, contrast, closure and protocol spread (docs/formats/result_file.md).
namespace gadolin::io {

/// Columns of /batch over items and phases. They stand in every batch: what was not asked for has
/// the state not_measured, so that later chunks line up with earlier ones.
void append_quantification(hid_t batch, std::span<const diffraction::PatternResult> results,
                           const std::vector<std::string>& phases, bool fresh);

/// ENTRY/quantification of one sample; not made where nothing was asked for.
void write_quantification(hid_t entry, const diffraction::PatternResult& result);

}  // namespace gadolin::io
