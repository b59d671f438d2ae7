#pragma once

#include <string>
#include <utility>
#include <vector>

#include "io/config/toml_table.hpp"
#include "models/core/provenance.hpp"
#include "models/separation/types_sweep.hpp"

namespace gadolin::config {

/// One [[vary]] table, and one [[metric]], [[objective]] or [[constraint]] whose other keys were
/// asked for already.
separation::SweepAxis axis_of(const TomlTable& t);
separation::Metric metric_of(const TomlTable& t);
/// [[metric]] tables, as sweeps and optimisations have them.
std::vector<separation::Metric> metrics_of(const TomlTable& root);

/// Reads a sweep (docs/formats/sweep.md); a table of designs it names is read too, its columns
/// become axes. throws Error E-FILE-00x, E-TOML-00x, E-CSV-00x, E-SEP-112
separation::SweepSettings read_sweep(const std::string& path,
                                     std::vector<InputFile>* records = nullptr);

/// The base design of a sweep or optimisation, to be read again with other numbers.
class BaseDesign {
 public:
  /// throws as read_circuit()
  explicit BaseDesign(const std::string& path, std::vector<InputFile>* records = nullptr);
  const separation::Circuit& circuit() const { return circuit_; }
  /// throws Error E-SEP-110 for a key that is not in the file, and as read_circuit()
  separation::Circuit with(const std::vector<std::pair<std::string, double>>& numbers) const;

 private:
  std::string path_;
  TomlTable root_;
  separation::Circuit circuit_;
};

/// Path of a file another names, relative to that one.
std::string beside(const std::string& file, const std::string& named);

}  // namespace gadolin::config
