#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "kernels/exec/engine.hpp"
#include "models/core/error.hpp"
#include "models/core/provenance.hpp"

namespace CLI {
class App;
}

/// What all verbs share. Every verb is one file: it declares its options on a CLI::App and returns
/// what runs when the verb was chosen. Precedence: default < configuration file < environment <
/// command line.
namespace gadolin::app {

/// Options every verb takes. An empty string or a zero means: not given on the command line.
struct CommonOptions {
  std::string out;
  std::string engine;      ///< environment GADOLIN_ENGINE; default "auto"
  int threads = 0;         ///< environment GADOLIN_THREADS; default all the process may use
  std::uint64_t seed = 0;  ///< environment GADOLIN_SEED; default 20261123
  bool seed_given = false;
  bool json = false;
  bool force = false;
  bool quiet = false;
  int verbosity = 0;
  bool print_config = false;
  std::string command_line;
};

/// Adds --out --engine --threads --seed --json --force --quiet -v --print-config to a verb.
void add_common_options(
    CLI::App& verb, CommonOptions& options,
    const std::string& out_help = "result file (HDF5); its folder is made if missing");

/// A value with the place it came from, for --print-config.
struct Setting {
  std::string key, value, origin;
};

/// Engine, seed and where they came from, after precedence. config_* are what a file said ("" =
/// nothing).
struct RunSettings {
  Engine engine;
  std::string engine_name;  ///< as asked: "auto", "openmp"
  std::uint64_t seed = 0;
  std::vector<Setting> settings;
};
/// throws EngineUnavailable, Error E-CLI-003 (environment variable not a number)
RunSettings resolve_settings(const CommonOptions& options, const std::string& config_engine = "",
                             const std::string& config_threads = "",
                             const std::string& config_seed = "");

/// The settings as "key = value  (origin)" lines on stdout.
void print_settings(const RunSettings& settings);

/// RunRecord with everything known before the work starts.
RunRecord begin_run(const CommonOptions& options, const RunSettings& settings,
                    const std::string& config_text);
/// "openmp, 2 threads"
std::string describe(const Engine& engine);
/// Now, ISO 8601 with zone.
std::string now_iso8601();
/// Version, commit, compiler, engines, libraries: one "key: value" per line.
std::string build_description();

/// Makes ids of one run different: the second "a" becomes "a_2", or the next that is free.
class UniqueIds {
 public:
  std::string operator()(const std::string& id);

 private:
  std::set<std::string> seen_;
};

/// Messages go to stderr, results to stdout.
void print_warnings(const std::vector<Warning>& warnings, const CommonOptions& options);
void say(const CommonOptions& options, const std::string& line);

/// Progress on stderr: a bar with rate and ETA on a terminal, a plain line at most every 30 s
/// elsewhere.
class Progress {
 public:
  Progress(std::string what, std::size_t total, const CommonOptions& options);
  ~Progress();
  void advance_to(std::size_t done);

 private:
  void print(std::size_t done, bool last);
  std::string what_;
  std::size_t total_;
  std::size_t done_ = 0;
  bool enabled_;
  bool terminal_;
  double start_s_;
  double last_print_s_ = 0.0;
};

/// One verb: what it does when chosen; returns the exit code.
using Action = std::function<int()>;

Action add_analyse(CLI::App& app, CommonOptions& options);
Action add_diffraction(CLI::App& app, CommonOptions& options);
Action add_separation(CLI::App& app, CommonOptions& options);
Action add_origin(CLI::App& app, CommonOptions& options);
Action add_calibrate(CLI::App& app, CommonOptions& options);
Action add_convert(CLI::App& app, CommonOptions& options);
Action add_report(CLI::App& app, CommonOptions& options);
Action add_simulate(CLI::App& app, CommonOptions& options);
Action add_verify(CLI::App& app, CommonOptions& options);
Action add_library(CLI::App& app, CommonOptions& options);
Action add_info(CLI::App& app, CommonOptions& options);

}  // namespace gadolin::app
