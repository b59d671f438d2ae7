#pragma once

#include <string>
#include <vector>

#include "models/core/error.hpp"
#include "models/core/provenance.hpp"
#include "models/separation/types_design.hpp"

namespace gadolin::app {

/// Puts the user's own table in place of the feed's contents. An element or oxide table of a solid
/// is taken as fully dissolved to the rare-earth strength the targets state; a liquor (quantity,
/// value, unit) as it is. warns  W-SEP-062 elements without constants (left out: they stay in the
/// raffinate), -063 elements below their limit,
///        above range or not measured: absent from the feed, and not zero
/// throws Error of the readers; E-SEP-115 (no rare earth in the table, or no strength for it)
void use_own_feed(separation::DesignTargets& targets, const std::string& path,
                  std::vector<InputFile>& inputs, std::vector<Warning>& warnings);

}  // namespace gadolin::app
