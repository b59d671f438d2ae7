#include "io/config/study_file.hpp"

#include <filesystem>

#include "io/config/circuit.hpp"
#include "models/core/error.hpp"

namespace gadolin::config {

StudiedCircuit studied_circuit(const TomlTable& root, const std::string& file,
                               const std::string& text, std::vector<InputFile>* records) {
  refuse_plant(root, file);
  StudiedCircuit studied;
  studied.apart = root.has("design");
  if (studied.apart) {
    const auto path = std::filesystem::path(file).parent_path() / root.text("design");
    const std::string design = path.lexically_normal().string();
    studied.circuit = read_circuit(design, records);
    studied.circuit.source_file = file + " with " + design;  // what is amiss may stand in either
    studied.name = root.text_or("name", studied.circuit.name);
    root.text_or("description", "");
  } else {
    studied.circuit = parse_circuit(text, file, records);
    studied.name = studied.circuit.name;
  }
  return studied;
}

void refuse_plant(const TomlTable& root, const std::string& file) {
  if (!root.has("unit")) return;
  throw Error("E-PLANT-019", "a plant of several units, where one circuit is asked for", file,
              "take one unit out: gadolin separation simulate " + file +
                  " --unit NAME --design DESIGN.toml",
              ExitCode::usage);
}

void finish_study(const TomlTable& root, const StudiedCircuit& studied, const char* other_study) {
  if (!studied.apart) return;  // read_circuit looked at every key
  root.allow(other_study);
  root.finish();
}

}  // namespace gadolin::config
