#pragma once

#include <string>
#include <vector>

#include "io/config/toml_table.hpp"
#include "models/core/provenance.hpp"
#include "models/separation/types.hpp"

/// Studies of one circuit: a design with a table of the study in it, or a file that names its
/// design and has that table.
namespace gadolin::config {

struct StudiedCircuit {
  separation::Circuit circuit;
  std::string name;    ///< of the study; the circuit's where it has none
  bool apart = false;  ///< the design is another file
};
/// throws Error E-PLANT-019 for a plant; those of read_circuit
StudiedCircuit studied_circuit(const TomlTable& root, const std::string& file,
                               const std::string& text, std::vector<InputFile>* records);

/// Nothing else may stand in a file of its own, but the table of another study.
void finish_study(const TomlTable& root, const StudiedCircuit& studied, const char* other_study);

/// One circuit is asked for. throws Error E-PLANT-019 where the file has [[unit]]
void refuse_plant(const TomlTable& root, const std::string& file);

/// Reads `path` and hands it to plan_of(root, file, text, records).
template <class Plan>
Plan read_study(const std::string& path, const char* role, std::vector<InputFile>* records,
                Plan (*plan_of)(const TomlTable&, const std::string&, const std::string&,
                                std::vector<InputFile>*)) {
  InputFile record;
  const TomlTable root = TomlTable::read(path, &record, role);
  if (records != nullptr) records->push_back(record);
  return plan_of(root, path, root.source(), records);
}

}  // namespace gadolin::config
