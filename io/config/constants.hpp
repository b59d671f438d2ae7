#pragma once

#include <string>
#include <vector>

#include "io/config/toml_table.hpp"
#include "models/core/provenance.hpp"
#include "models/separation/types.hpp"

/// Tables of extraction constants (docs/formats/constants.md): read, and written by the fit.
namespace gadolin::config {

/// Reads a table and the tables of complexes and interactions it names (relative to it).
/// throws Error E-FILE-00x, E-TOML-00x; E-SEP-006 (a species on another basis than the extractant)
separation::ConstantsTable read_constants(const std::string& path,
                                          std::vector<InputFile>* records = nullptr);

/// The text of a table that read_constants() reads back to the last digit; `head` becomes comment
/// lines at its top.
std::string constants_text(const separation::ConstantsTable& table, const std::string& head);

/// Parts of a table that a design may also hold.
separation::Extractant extractant_of(const TomlTable& t);
separation::Species species_of(const TomlTable& t, separation::ExtractantBasis basis,
                               const separation::ValidityWindow& window);
/// [chemistry], changing what `chemistry` holds; complexes and interactions from the files named.
void read_chemistry(const TomlTable& t, separation::Chemistry& chemistry,
                    std::vector<InputFile>* records);
separation::ExtractantBasis basis_of(const std::string& word);
extern const std::vector<std::string> basis_words;

}  // namespace gadolin::config
