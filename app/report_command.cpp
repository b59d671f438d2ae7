#include <cstdlib>
#include <filesystem>
#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>

#include "app/command.hpp"
#include "app/output.hpp"
#include "app/report_runner.hpp"
#include "app/result_json.hpp"

extern char** environ;

namespace gadolin::app {

namespace {

namespace fs = std::filesystem;

int run_program(const std::vector<std::string>& words, bool silent) {
  std::vector<char*> argv;
  for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (silent) {
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", 1, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", 1, 0);
  } else {
    posix_spawn_file_actions_adddup2(&actions, 2, 1);  // stdout belongs to the JSON document
  }
  pid_t child = 0;
  const int failed = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return -1;
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string find_python() {
  const auto usable = [](const std::string& python) {
    return run_program({python, "-c", "import h5py, numpy"}, true) == 0;
  };
  const char* wanted = std::getenv("GADOLIN_PYTHON");
  if (wanted != nullptr && *wanted != '\0') {
    if (usable(wanted)) return wanted;
    throw Error("E-REP-001", "GADOLIN_PYTHON names no python3 with h5py and numpy", wanted,
                "correct it, or unset it to search", ExitCode::resource);
  }
  for (const std::string python : {"python3", "/usr/bin/python3"}) {
    if (usable(python)) return python;
  }
  throw Error("E-REP-001", "no python3 with h5py and numpy found", "",
              "install python3-h5py, or name one in GADOLIN_PYTHON", ExitCode::resource);
}

std::string find_script() {
  std::vector<fs::path> places;
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  if (!program.empty()) {
    places.push_back(program.parent_path().parent_path() / "share/gadolin/scripts/report.py");
  }
  places.push_back(fs::path(GADOLIN_SOURCE_DIR) / "scripts/report.py");
  for (const auto& place : places) {
    if (fs::exists(place, ignored)) return place.string();
  }
  throw Error("E-REP-002", "report.py not found", "",
              "install share/gadolin/scripts beside the program", ExitCode::resource);
}

}  // namespace

std::string write_report(const std::string& result, const std::string& html, bool force) {
  if (!fs::exists(result)) {
    throw Error("E-IN-001", "no such file", result, "check the path");
  }
  const std::string out =
      html.empty() ? fs::path(result).replace_extension(".html").string() : html;
  const std::vector<std::string> inputs = {result};
  prepare_output(out, inputs);
  refuse_existing(out, force);
  const int code = run_program({find_python(), find_script(), result, "--out", out}, false);
  if (code != 0) {
    throw Error("E-REP-003", fmt::format("report.py ended with code {}", code), result,
                "see its message above; gadolin verify says whether the file is whole");
  }
  return out;
}

Action add_report(CLI::App& app, CommonOptions& options) {
  auto* verb = app.add_subcommand("report", "write the HTML report of a result file");
  auto result = std::make_shared<std::string>();
  verb->add_option("result", *result, "result file (HDF5)")->required();
  add_common_options(*verb, options, "HTML page [the result's name with .html]");
  return [&options, result] {
    const std::string out = write_report(*result, options.out, options.force);
    if (options.json) {
      std::cout << to_text({{"report", out}}) << '\n';
    } else {
      std::cout << out << '\n';
    }
    return 0;
  };
}

}  // namespace gadolin::app
