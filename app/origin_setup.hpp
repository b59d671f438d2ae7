#pragma once

#include <string>
#include <vector>

#include "models/assay/types.hpp"
#include "models/core/normaliser.hpp"
#include "models/core/provenance.hpp"
#include "models/origin/types.hpp"

namespace gadolin::app {

/// The origin library (path of a folder, empty = the shipped one) and the files it came from.
origin::Library load_origin_library(const std::string& path, std::vector<InputFile>& inputs);

/// What the origin model sees of an assay.
origin::SampleInput origin_input(const assay::AssaySample& sample, const std::string& material_kind,
                                 const std::string& process_level);

/// A few lines for people: conclusion, largest answers, "none of these".
std::string origin_summary(const origin::OriginResult& result);

}  // namespace gadolin::app
