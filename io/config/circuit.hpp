#pragma once

#include <string>
#include <vector>

#include "models/core/provenance.hpp"
#include "models/separation/types.hpp"

namespace gadolin::config {

/// Reads a separation design (docs/formats/design.md; examples in configs/separation_*.toml) and
/// the table of constants it names, relative to the design file. Records of both files go to
/// `records`. throws Error E-FILE-00x, E-TOML-00x (unknown key: nearest key, file and line),
/// E-SEP-002
///        (species without constants), -005 (stage), -006 (mixed basis), -007 (overloaded solvent),
///        all with file:line
separation::Circuit read_circuit(const std::string& path,
                                 std::vector<InputFile>* records = nullptr);

/// The same from text; `file` is named in messages and is where relative paths begin.
separation::Circuit parse_circuit(const std::string& text, const std::string& file,
                                  std::vector<InputFile>* records = nullptr);

class TomlTable;
/// The same from a document in memory.
separation::Circuit circuit_of(const TomlTable& root, const std::string& file,
                               std::vector<InputFile>* records = nullptr);

/// Extractant, species and solution alone, from the keys constants, use_species, [extractant],
/// [[species]] and [solution] of a file that has other keys too; no banks. A bare file name in
/// `constants` that is not beside the file means the table of that name in datasets/separation.
separation::Circuit chemistry_of(const TomlTable& root, const std::string& file,
                                 std::vector<InputFile>* records = nullptr);

/// The same from a table inside another file (a plant's [unit.circuit]); paths count from `file`.
separation::Circuit read_circuit_table(const TomlTable& table, const std::string& file,
                                       std::vector<InputFile>* records = nullptr);

}  // namespace gadolin::config
