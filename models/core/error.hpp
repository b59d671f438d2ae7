#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace gadolin {

/// Exit codes of the program (docs/formats/command_line.md).
enum class ExitCode : int {
  done = 0,
  internal_error = 1,
  usage = 2,          ///< usage or configuration error, nothing computed
  invalid_input = 3,  ///< input data unreadable or invalid
  partial = 4,        ///< some items failed or did not converge
  mismatch = 5,       ///< verification found a difference
  resource = 6,       ///< GPU, memory, disk or file lock missing
};

/// The one exception of the libraries. Thrown where the fact is known, caught once in app.
///   code    "E-XRD-007": stable, listed in docs/formats/errors.md
///   what_   the fact: expected and found, with the offending text
///   where   file:line, or file and field; empty if none
///   remedy  what the user can do about it
/// what() is the whole line: "E-XRD-007: <what> in <where> - <remedy>".
class Error : public std::runtime_error {
 public:
  Error(std::string code, const std::string& what, std::string where, std::string remedy,
        ExitCode exit = ExitCode::invalid_input)
      : std::runtime_error(code + ": " + what + (where.empty() ? "" : " in " + where) +
                           (remedy.empty() ? "" : " - " + remedy)),
        code_(std::move(code)),
        where_(std::move(where)),
        remedy_(std::move(remedy)),
        exit_(exit) {}

  const std::string& code() const { return code_; }
  /// The line without its code: "<what> in <where> - <remedy>".
  std::string text() const { return std::string(what()).substr(code_.size() + 2); }
  const std::string& where() const { return where_; }
  const std::string& remedy() const { return remedy_; }
  ExitCode exit() const { return exit_; }

 private:
  std::string code_;
  std::string where_;
  std::string remedy_;
  ExitCode exit_;
};

/// Something a reader of the result must know; stored with it, never only printed.
///   code "W-XRD-003", text one line, where as in Error (may be empty)
struct Warning {
  std::string code;
  std::string text;
};

/// The candidate nearest to a misspelt word by edit distance, or "" if none is near (for remedies).
std::string nearest_word(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace gadolin
