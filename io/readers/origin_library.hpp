#pragma once

#include <string>
#include <vector>

#include "models/core/provenance.hpp"
#include "models/origin/types.hpp"

namespace gadolin::io {

/// Origin library from a folder holding library.json, deposits.csv, sets.csv and values.csv
/// (docs/formats/origin_library.md), with the normalisers of `normalisers_file`.
///   Shares are turned from the oxide each set is printed in to element mass; states are kept; the
///   u of a measured share is half of its last printed digit over sqrt(3).
///   Library::sha256 = SHA-256 of "<sha256>  <file>\n" for the three tables and the normalisers.
/// out    records: the files read, if given
/// fails  E-LIB-001 manifest unreadable, -002 a table differs from the manifest's SHA-256
///        (ExitCode::mismatch, both hashes), -003 a column is missing, -004 a cell is not
///        understood, -005 a value names a set, or a set a deposit, that no table lists
origin::Library read_origin_library(const std::string& folder, const std::string& normalisers_file,
                                    std::vector<InputFile>* records = nullptr);

}  // namespace gadolin::io
