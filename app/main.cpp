#include <csignal>
#include <exception>
#include <iostream>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/command.hpp"

namespace {

using gadolin::ExitCode;

std::string joined(int argc, char** argv) {
  std::string line;
  for (int i = 0; i < argc; ++i) {
    if (i > 0) line += ' ';
    const std::string word = argv[i];
    const bool quote = word.empty() || word.find_first_of(" \t\"'$\\*?") != std::string::npos;
    line += quote ? "'" + word + "'" : word;
  }
  return line;
}

int fail(ExitCode code, const std::string& message) {
  std::cerr << message << '\n';
  return static_cast<int>(code);
}

/// What was wrong with the words typed; a verb that is none is named.
std::string usage_fault(const CLI::App& program, const CLI::ParseError& error) {
  const auto rest = program.remaining();
  if (!program.get_subcommands().empty() || rest.empty() || rest.front().empty() ||
      rest.front()[0] == '-') {
    return error.what();
  }
  std::vector<std::string> verbs;
  for (const auto* verb : program.get_subcommands({})) verbs.push_back(verb->get_name());
  const std::string near = gadolin::nearest_word(rest.front(), verbs);
  return "\"" + rest.front() + "\" is no verb" +
         (near.empty() ? "" : "; did you mean " + near + "?");
}

}  // namespace

int main(int argc, char** argv) {
  using namespace gadolin;
  std::signal(SIGXFSZ, SIG_IGN);  // a file-size limit is then an error with its exit code
  app::CommonOptions options;
  options.command_line = joined(argc, argv);
  CLI::App program{"gadolin: what is in it, where does it come from, how would one separate it?"};
  program.name("gadolin");
  program.set_version_flag("--version", [] { return app::build_description(); });
  program.require_subcommand(1);
  program.footer(
      "Exit codes: 0 done, 1 internal error, 2 usage, 3 invalid input, 4 partial, 5 mismatch, "
      "6 resource missing.");

  std::vector<std::pair<CLI::App*, app::Action>> verbs;
  const auto add = [&](app::Action (*make)(CLI::App&, app::CommonOptions&)) {
    app::Action action = make(program, options);
    verbs.emplace_back(program.get_subcommands({}).back(), std::move(action));
  };
  EngineRuntime runtime;
  add(app::add_analyse);
  add(app::add_diffraction);
  add(app::add_separation);
  add(app::add_origin);
  add(app::add_simulate);
  add(app::add_calibrate);
  add(app::add_convert);
  add(app::add_report);
  add(app::add_verify);
  add(app::add_library);
  add(app::add_info);

  try {
    program.parse(argc, argv);  // values of options are read here, and may be an Error too
    for (auto& [verb, action] : verbs) {
      if (verb->parsed()) return action();
    }
    return fail(ExitCode::usage, "error[E-CLI-001]: no verb given - see gadolin --help");
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return program.exit(error);  // --help, --version
    return fail(ExitCode::usage, std::string("error[E-CLI-001]: ") + usage_fault(program, error) +
                                     " - see gadolin --help or gadolin VERB --help");
  } catch (const Error& error) {
    return fail(error.exit(), "error[" + error.code() + "]: " + error.text());
  } catch (const EngineUnavailable& error) {
    return fail(ExitCode::resource, std::string("error[E-DEV-001]: ") + error.what() +
                                        " - name one of these with --engine, or auto");
  } catch (const DeviceError& error) {
    return fail(ExitCode::resource, std::string("error[E-DEV-002]: ") + error.what() +
                                        " - try a smaller --chunk or --engine openmp");
  } catch (const std::bad_alloc&) {
    return fail(ExitCode::resource,
                "error[E-MEM-001]: not enough memory - use a smaller --chunk or fewer --threads");
  } catch (const std::exception& error) {
    return fail(ExitCode::internal_error,
                std::string("error[E-INT-001]: internal error: ") + error.what() +
                    " - please report it with the command line and gadolin --version");
  }
}
