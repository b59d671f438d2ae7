#include "app/command.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "app/build_info.hpp"
#include "app/option_checks.hpp"

namespace gadolin::app {

namespace {

constexpr std::uint64_t default_seed = 20261123;

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::uint64_t parse_number(const std::string& text, const std::string& where) {
  try {
    std::size_t used = 0;
    if (text.empty() || text[0] == '-') throw std::invalid_argument("sign");
    const auto value = std::stoull(text, &used);
    if (used != text.size()) throw std::invalid_argument("rest");
    return value;
  } catch (const std::exception&) {
    throw Error("E-CLI-003", "\"" + text + "\" is not a whole number", where, "give digits only",
                ExitCode::usage);
  }
}

}  // namespace

void add_common_options(CLI::App& verb, CommonOptions& options, const std::string& out_help) {
  verb.add_option("--out", options.out, out_help);
  verb.add_option("--engine", options.engine, "auto, serial, openmp, kokkos or cuda [auto]");
  verb.add_option("--threads", options.threads, "host threads; 0 = all this process may use [0]")
      ->check(CLI::Range(0, 4096));
  verb.add_option_function<std::uint64_t>(
          "--seed",
          [&options](const std::uint64_t& value) {
            options.seed = value;
            options.seed_given = true;
          },
          fmt::format("master seed of all random numbers [{}]", default_seed))
      ->check(no_sign());
  verb.add_flag("--json", options.json, "one JSON document on stdout instead of the summary");
  verb.add_flag("--force", options.force, "overwrite existing output");
  verb.add_flag("--quiet", options.quiet, "errors only on stderr");
  verb.add_flag("-v,--verbose", options.verbosity, "say more; repeat for more");
  verb.add_flag("--print-config", options.print_config,
                "print the merged settings and where each came from, then stop");
}

RunSettings resolve_settings(const CommonOptions& options, const std::string& config_engine,
                             const std::string& config_threads, const std::string& config_seed) {
  RunSettings run;
  const auto pick = [&](const std::string& key, const std::string& fallback,
                        const std::string& config, const char* variable, const std::string& given) {
    Setting setting{key, fallback, "default"};
    if (!config.empty()) setting = {key, config, "configuration file"};
    const char* environment = std::getenv(variable);
    if (environment != nullptr && *environment != '\0') {
      setting = {key, environment, std::string("environment ") + variable};
    }
    if (!given.empty()) setting = {key, given, "command line"};
    run.settings.push_back(setting);
    return setting;
  };
  const auto engine = pick("engine", "auto", config_engine, "GADOLIN_ENGINE", options.engine);
  const auto threads = pick("threads", "0", config_threads, "GADOLIN_THREADS",
                            options.threads > 0 ? std::to_string(options.threads) : "");
  const auto seed = pick("seed", std::to_string(default_seed), config_seed, "GADOLIN_SEED",
                         options.seed_given ? std::to_string(options.seed) : "");
  const auto n_threads = parse_number(threads.value, threads.origin);
  if (n_threads > 4096) {
    throw Error("E-CLI-003", "threads = " + threads.value + " is beyond 4096", threads.origin,
                "give 0 for all", ExitCode::usage);
  }
  run.seed = parse_number(seed.value, seed.origin);
  run.engine_name = engine.value;
  const std::vector<std::string> names = {"auto", "serial", "openmp", "kokkos", "cuda"};
  if (std::find(names.begin(), names.end(), engine.value) == names.end()) {
    throw Error("E-CLI-004", "engine \"" + engine.value + "\" is unknown", engine.origin,
                "use auto, serial, openmp, kokkos or cuda", ExitCode::usage);
  }
  run.engine = make_engine(engine.value, static_cast<int>(n_threads));
  return run;
}

void print_settings(const RunSettings& settings) {
  for (const auto& setting : settings.settings) {
    std::cout << fmt::format("{} = {}  ({})\n", setting.key, setting.value, setting.origin);
  }
}

std::string describe(const Engine& engine) {
  switch (engine.kind) {
    case EngineKind::cuda:
      return "cuda, " + describe_cuda_device();
    case EngineKind::kokkos:
      return "kokkos, " + describe_kokkos();
    case EngineKind::serial:
      return "serial";
    default:
      return fmt::format("{}, {} threads", to_string(engine.kind), engine.threads);
  }
}

std::string now_iso8601() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char text[40];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S%z", &local);
  std::string stamp(text);
  if (stamp.size() > 5) stamp.insert(stamp.size() - 2, ":");
  return stamp;
}

std::string build_description() {
  return fmt::format(
      "gadolin: {}\ncommit: {}\ncompiler: {}, {}, -march={}\nkokkos: {}\ncuda: {}\nHDF5: {}\n"
      "reproducibility: same input, seed and build give the same numbers on one engine, whatever "
      "the batch order or thread count; engines agree within the published tolerances",
      build_version, build_commit, build_compiler, build_type, build_march, describe_kokkos(),
      *build_cuda ? std::string("nvcc ") + build_cuda : std::string("not in this build"),
      build_hdf5);
}

RunRecord begin_run(const CommonOptions& options, const RunSettings& settings,
                    const std::string& config_text) {
  RunRecord run;
  run.program_version = build_version;
  run.build = build_description();
  run.command_line = options.command_line;
  run.config_text = config_text;
  run.engine = describe(settings.engine);
  run.seed = settings.seed;
  if (settings.engine.kind == EngineKind::cuda) run.device = describe_cuda_device();
  for (const char* name : {"GADOLIN_DATA", "GADOLIN_ENGINE", "GADOLIN_SEED", "GADOLIN_THREADS",
                           "OMP_NUM_THREADS", "OMP_PROC_BIND", "CUDA_VISIBLE_DEVICES"}) {
    if (const char* value = std::getenv(name)) run.environment.emplace_back(name, value);
  }
  run.start_time = now_iso8601();
  return run;
}

std::string UniqueIds::operator()(const std::string& id) {
  std::string unique = id;
  for (int n = 2; !seen_.insert(unique).second; ++n) unique = fmt::format("{}_{}", id, n);
  return unique;
}

void print_warnings(const std::vector<Warning>& warnings, const CommonOptions& options) {
  if (options.quiet) return;
  constexpr std::size_t most = 20;
  std::size_t shown = 0;
  for (const auto& warning : warnings) {
    if (shown++ >= most && options.verbosity == 0) break;
    std::cerr << "warning[" << warning.code << "]: " << warning.text << '\n';
  }
  if (warnings.size() > most && options.verbosity == 0) {
    std::cerr << fmt::format("({} more warnings are stored in the result; -v prints them)\n",
                             warnings.size() - most);
  }
}

void say(const CommonOptions& options, const std::string& line) {
  if (!options.quiet) std::cerr << line << '\n';
}

Progress::Progress(std::string what, std::size_t total, const CommonOptions& options)
    : what_(std::move(what)), total_(total), enabled_(!options.quiet && total > 1) {
  const char* term = std::getenv("TERM");
  terminal_ = isatty(STDERR_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr &&
              (term == nullptr || std::string(term) != "dumb");
  start_s_ = last_print_s_ = seconds_now();
}

Progress::~Progress() {
  if (enabled_ && done_ > 0) print(done_, true);
}

void Progress::advance_to(std::size_t done) {
  done_ = done;
  if (!enabled_) return;
  const double now = seconds_now();
  if (now - last_print_s_ < (terminal_ ? 0.2 : 30.0)) return;
  last_print_s_ = now;
  print(done, false);
}

void Progress::print(std::size_t done, bool last) {
  const double elapsed = seconds_now() - start_s_;
  const double rate = elapsed > 0.0 ? static_cast<double>(done) / elapsed : 0.0;
  const double eta = rate > 0.0 ? static_cast<double>(total_ - done) / rate : 0.0;
  const std::string line =
      fmt::format("{}: {}/{}, {:.2f} per s, {}", what_, done, total_, rate,
                  last ? fmt::format("{:.1f} s", elapsed) : fmt::format("{:.0f} s to go", eta));
  if (terminal_) {
    std::cerr << "\r\033[K" << line << (last ? "\n" : "") << std::flush;
  } else {
    std::cerr << line << '\n';
  }
}

}  // namespace gadolin::app
