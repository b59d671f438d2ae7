#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/core/provenance.hpp"
#include "models/recovery/types.hpp"

/// Recovery routes: how each mineral's rare earths travel to the product (docs/formats/route.md).
namespace gadolin::config {

/// Reads a route from TOML.
///   fails  E-TOML-00x; E-ROUTE-001 a yield is not p05 <= mode <= p95, -002 a mineral named twice,
///          -003 an element that is no rare earth; all ExitCode::usage with file:line
recovery::Route read_route(const std::string& path, InputFile* record = nullptr);
recovery::Route parse_route(std::string_view text, const std::string& file);

/// A route by name from a folder of routes (NAME.toml), or by path if the name ends in .toml.
///   fails  E-ROUTE-004 no such route, the nearest name offered
recovery::Route load_route(const std::string& name_or_path, const std::string& folder,
                           InputFile* record = nullptr);

/// Names of the routes in a folder, in alphabetical order.
std::vector<std::string> route_names(const std::string& folder);

}  // namespace gadolin::config
