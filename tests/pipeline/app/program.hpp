#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <sys/wait.h>

/// Runs the program as a user does: through the shell, in a folder of its own.
namespace gadolin::testing_program {

struct Outcome {
  int exit_code = -1;
  std::string out;
  std::string err;
};

class Folder {
 public:
  explicit Folder(const std::string& name)
      : path_(std::filesystem::temp_directory_path() /
              ("gadolin_" + name + "_" + std::to_string(getpid()))) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string path(const std::string& file) const { return (path_ / file).string(); }
  std::string write(const std::string& file, const std::string& bytes) const {
    std::filesystem::create_directories((path_ / file).parent_path());
    std::ofstream(path_ / file, std::ios::binary) << bytes;
    return path(file);
  }
  std::string read(const std::string& file) const {
    std::ifstream in(path_ / file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }

  /// arguments: what follows "gadolin"; environment: "NAME=value NAME=value".
  Outcome run(const std::string& arguments, const std::string& environment = "") const {
    const std::string command = "cd '" + path_.string() + "' && " + environment + " '" +
                                GADOLIN_PROGRAM + "' " + arguments +
                                " >stdout.txt 2>stderr.txt </dev/null";
    const int status = std::system(command.c_str());
    Outcome outcome;
    outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    outcome.out = read("stdout.txt");
    outcome.err = read("stderr.txt");
    return outcome;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace gadolin::testing_program
