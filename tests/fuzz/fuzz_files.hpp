#pragma once

#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

/// For readers that open files: a folder of this process in /dev/shm, rewritten for every input.
class FuzzFolder {
 public:
  FuzzFolder() {
    char name[] = "/dev/shm/gadolin_fuzz_XXXXXX";
    if (::mkdtemp(name) == nullptr) std::abort();
    path_ = name;
  }
  ~FuzzFolder() {
    for (const auto& file : files_) ::unlink(file.c_str());
    ::rmdir(path_.c_str());
  }
  std::string write(const std::string& name, std::string_view bytes) {
    const std::string file = path_ + "/" + name;
    std::ofstream(file, std::ios::binary | std::ios::trunc)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    files_.push_back(file);
    if (files_.size() > 16) files_.erase(files_.begin());
    return file;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::vector<std::string> files_;
};

/// One input as several files: parts between lines of "%%". Missing parts are empty.
inline std::vector<std::string_view> fuzz_parts(std::string_view bytes, std::size_t count) {
  std::vector<std::string_view> parts;
  constexpr std::string_view mark = "\n%%\n";
  while (parts.size() + 1 < count) {
    const std::size_t at = bytes.find(mark);
    if (at == std::string_view::npos) break;
    parts.push_back(bytes.substr(0, at + 1));
    bytes.remove_prefix(at + mark.size());
  }
  parts.push_back(bytes);
  parts.resize(count);
  return parts;
}
