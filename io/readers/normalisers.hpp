#pragma once

#include <string>
#include <vector>

#include "models/core/normaliser.hpp"
#include "models/core/provenance.hpp"

namespace gadolin::io {

/// Normalising sets from a table (columns normaliser, reservoir, element, content_mg_per_kg,
/// u_mg_per_kg, source), in the order of the file.
///   fails  E-NORM-001 a column is missing, -002 a content is not a positive number,
///          E-FILE-*, E-CSV-* as read_file and parse_csv
std::vector<Normaliser> read_normalisers(const std::string& file, InputFile* record = nullptr);

}  // namespace gadolin::io
