#include "app/output.hpp"

#include <filesystem>
#include <fstream>
#include <system_error>

#include "io/store/result_file.hpp"
#include "models/core/error.hpp"

namespace gadolin::app {

namespace fs = std::filesystem;

void prepare_output(const std::string& path, std::span<const std::string> inputs) {
  if (path.empty()) return;
  std::error_code failure;
  if (fs::is_directory(path, failure)) {
    throw Error("E-OUT-002", "the output is a folder, not a file", path, "name a file",
                ExitCode::resource);
  }
  io::refuse_input_as_output(path, inputs);
  const fs::path folder = fs::path(path).parent_path();
  if (folder.empty() || fs::is_directory(folder, failure)) return;
  fs::create_directories(folder, failure);
  if (!fs::is_directory(folder)) {
    throw Error("E-OUT-002", "the folder of the output cannot be made: " + failure.message(),
                folder.string(), "choose another name", ExitCode::resource);
  }
}

void prepare_output(const std::string& path, const std::vector<InputFile>& inputs) {
  std::vector<std::string> paths;
  for (const auto& input : inputs) paths.push_back(input.path);
  prepare_output(path, std::span<const std::string>(paths));
}

void refuse_existing(const std::string& path, bool force) {
  std::error_code ignored;
  if (fs::exists(path, ignored) && !force) {
    throw Error("E-OUT-001", "output exists", path, "choose another name or pass --force",
                ExitCode::usage);
  }
}

void write_text_output(const std::string& path, const std::string& text) {
  const std::string partial = path + ".partial";
  std::ofstream stream(partial, std::ios::binary);
  stream << text;
  stream.close();
  std::error_code failure;
  if (stream) {
    fs::rename(partial, path, failure);
    if (!failure) return;
  }
  std::error_code ignored;
  fs::remove(partial, ignored);
  throw Error("E-OUT-002", failure ? "cannot write: " + failure.message() : "cannot write", path,
              "check the folder and the free space", ExitCode::resource);
}

}  // namespace gadolin::app
