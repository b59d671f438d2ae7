#pragma once

#include <span>
#include <string>
#include <vector>

#include "models/core/provenance.hpp"

namespace gadolin::app {

/// What every verb does before and after it writes a file of its own. Result files (HDF5) keep
/// their own care of OUT.partial: io/store/result_file.hpp.

/// Before a run: `path` names none of the inputs, and the folder it lies in is made where missing.
/// An empty path (no output asked for) is passed over.
/// throws E-OUT-005 (it is an input), E-OUT-002 (it is a folder; the folder cannot be made)
void prepare_output(const std::string& path, std::span<const std::string> inputs);
void prepare_output(const std::string& path, const std::vector<InputFile>& inputs);

/// throws E-OUT-001: the file is there and `force` was not given
void refuse_existing(const std::string& path, bool force);

/// Writes the text whole: to PATH.partial, then renamed, so that a full disk leaves no half file.
/// throws E-OUT-002
void write_text_output(const std::string& path, const std::string& text);

}  // namespace gadolin::app
