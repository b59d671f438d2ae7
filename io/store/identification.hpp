#pragma once

#include "io/store/datasets.hpp"
#include "models/diffraction/types.hpp"

/// What a search for phases answered (docs/formats/result_file.md).
namespace gadolin::io {

/// ENTRY/identification of one sample: phases found, hypotheses compared, rare-earth phases
/// searched and not found.
void write_identification(hid_t entry, const diffraction::Identification& found);

}  // namespace gadolin::io
