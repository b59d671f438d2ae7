#include "io/config/study_file.hpp"

#include <filesystem>

#include "io/config/circuit.hpp"

namespace gadolin::config {

StudiedCircuit studied_circuit(const TomlTable& root, const std::string& file,
                               const std::string& text, std::vector<InputFile>* records) {
  StudiedCircuit studied;
  studied.apart = root.has("design");
  if (studied.apart) {
    const auto path = std::filesystem::path(file).parent_path() / root.text("design");
    studied.circuit = read_circuit(path.lexically_normal().string(), records);
    studied.name = root.text_or("name", studied.circuit.name);
    root.text_or("description", "");
  } else {
    studied.circuit = parse_circuit(text, file, records);
    studied.name = studied.circuit.name;
  }
  return studied;
}

void finish_study(const TomlTable& root, const StudiedCircuit& studied, const char* other_study) {
  if (!studied.apart) return;  // read_circuit looked at every key
  root.allow(other_study);
  root.finish();
}

}  // namespace gadolin::config
