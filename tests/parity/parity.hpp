#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "kernels/exec/engine.hpp"
#include "kernels/exec/item_status.hpp"

/// Parity: the same kernel, the same items, on every engine, compared with `serial`. No GoogleTest
/// here: GoogleTest wrappers (gtest_parity.hpp) and a plain program (parity_main.cpp, for machines
/// with only a compiler and the CUDA toolkit) run the same cases.
///
/// A domain writes tests/parity/<domain>_cases.hpp with
///     namespace gadolin::parity { inline Cases <domain>_cases() { ... } }
/// one Case per kernel, and tests/parity/<domain>/<domain>_parity_test.cpp with
///     #include "tests/parity/<domain>_cases.hpp"
///     #include "tests/parity/gtest_parity.hpp"
///     GADOLIN_PARITY_TESTS(Separation, gadolin::parity::separation_cases())
/// A case's `run` makes n items (item i must depend on i alone: use RandomStream(seed, i,
/// purpose)), launches the kernel on the engine given, and hands back what it wrote:
///     cases.push_back({"separation::stage", [](const Engine& engine, std::size_t n) {
///       BatchMemory memory(engine);
///       auto x = memory.input<double>(n), y = memory.output<double>(n);
///       auto status = memory.output<ItemStatus>(n);
///       memory.allocate();
///       for (std::size_t i = 0; i < n; ++i) memory.host(x)[i] = ...;   // some items bad
///       memory.upload();
///       launch<StageKernel>(engine, n, {memory.device(x), ...});
///       memory.download();
///       Outputs out;
///       out.status(memory.host(status), n);
///       out.column("y", memory.host(y), n, 1, 1e-12);
///       return out;
///     }});
/// Checked for every engine and size: statuses equal; values within the tolerance; on serial also:
/// the first items of a larger batch equal the smaller batch bit for bit, and from 31 items on both
/// good and failing items occur (unless all_ok).
namespace gadolin::parity {

/// What a kernel wrote for n items.
class Outputs {
 public:
  struct Column {
    std::string name;
    std::vector<double> values;  // [items * width]
    std::size_t width;
    double relative;  // |a - b| <= relative * max(|a|, |b|) + absolute
    double absolute;
  };

  void status(const ItemStatus* values, std::size_t n) { statuses_.assign(values, values + n); }

  /// values [n * width]; relative and absolute are the differences allowed between engines.
  template <class T>
  void column(std::string name, const T* values, std::size_t n, std::size_t width,
              double relative = 1e-12, double absolute = 0.0) {
    Column column{std::move(name), {}, width, relative, absolute};
    column.values.reserve(n * width);
    for (std::size_t i = 0; i < n * width; ++i) {
      column.values.push_back(static_cast<double>(values[i]));
    }
    columns_.push_back(std::move(column));
  }

  const std::vector<ItemStatus>& statuses() const { return statuses_; }
  const std::vector<Column>& columns() const { return columns_; }

 private:
  std::vector<ItemStatus> statuses_;
  std::vector<Column> columns_;
};

struct Case {
  std::string name;  ///< "domain::kernel"
  std::function<Outputs(const Engine&, std::size_t n_items)> run;
  bool all_ok = false;  ///< the kernel has no failing input
  /// Largest size on thread_team, whose barriers cost microseconds; 0 means all sizes.
  std::size_t thread_team_most = 0;
};
using Cases = std::vector<Case>;

inline const std::vector<std::size_t>& sizes() {
  static const std::vector<std::size_t> values{0, 1, 31, 33, 1000};
  return values;
}

/// An engine to compare with serial, or the reason why it cannot run here.
struct Candidate {
  std::string label;
  Engine engine;
  std::string absent;  ///< empty when it can run
};

inline std::vector<Candidate> candidates() {
  std::vector<Candidate> list;
  const auto add = [&](const char* name, int threads) {
    std::string label = name;
    if (threads > 0) label.append("_").append(std::to_string(threads));
    try {
      list.push_back({label, make_engine(name, threads), ""});
    } catch (const EngineUnavailable& reason) {
      list.push_back({label, {}, reason.what()});
    }
  };
  add("openmp", 1);
  add("openmp", 3);
  add("kokkos", 0);
  add("thread_team", 2);
  add("thread_team", 4);
  add("cuda", 0);
  return list;
}

/// Differences between two outputs in words, at most 10; empty when they agree. exact: bit for bit,
/// over the items both have.
inline std::vector<std::string> differences(const Outputs& expected, const Outputs& found,
                                            bool exact = false) {
  std::vector<std::string> list;
  const auto say = [&](const std::string& text) {
    if (list.size() < 10) list.push_back(text);
  };
  const std::size_t n = std::min(expected.statuses().size(), found.statuses().size());
  if (!exact && expected.statuses().size() != found.statuses().size()) {
    say("number of statuses differs");
  }
  for (std::size_t i = 0; i < n; ++i) {
    if (expected.statuses()[i] != found.statuses()[i]) {
      say("item " + std::to_string(i) + ": status " + to_string(found.statuses()[i]) +
          " instead of " + to_string(expected.statuses()[i]));
    }
  }
  if (expected.columns().size() != found.columns().size()) {
    say("number of columns differs");
    return list;
  }
  for (std::size_t c = 0; c < expected.columns().size(); ++c) {
    const auto& a = expected.columns()[c];
    const auto& b = found.columns()[c];
    if (!exact && a.values.size() != b.values.size()) {
      say(a.name + ": number of values differs");
      continue;
    }
    const std::size_t m = std::min(a.values.size(), b.values.size());
    for (std::size_t i = 0; i < m; ++i) {
      const double x = a.values[i], y = b.values[i];
      if (x == y || (std::isnan(x) && std::isnan(y))) continue;
      const double allowed =
          exact ? 0.0 : a.relative * std::max(std::fabs(x), std::fabs(y)) + a.absolute;
      if (std::fabs(x - y) <= allowed && std::isfinite(x) && std::isfinite(y)) continue;
      char text[128];
      std::snprintf(text, sizeof text, "%.17g instead of %.17g (allowed %.3g)", y, x, allowed);
      say(a.name + ", item " + std::to_string(i / a.width) + ", entry " +
          std::to_string(i % a.width) + ": " + text);
    }
  }
  return list;
}

/// Compares one engine with serial at every size. Empty when it agrees everywhere.
inline std::vector<std::string> check_engine(const Case& test, const Engine& engine) {
  std::vector<std::string> list;
  for (std::size_t n : sizes()) {
    if (engine.kind == EngineKind::thread_team && test.thread_team_most > 0) {
      n = std::min(n, test.thread_team_most);
    }
    try {
      for (const auto& text : differences(test.run(Engine{}, n), test.run(engine, n))) {
        list.push_back("size " + std::to_string(n) + ": " + text);
      }
    } catch (const std::exception& error) {
      list.push_back("size " + std::to_string(n) + ": " + error.what());
    }
  }
  return list;
}

/// What must hold on serial alone: batch size changes no bit, good and failing items occur.
inline std::vector<std::string> check_serial(const Case& test) {
  std::vector<std::string> list;
  Outputs smaller;
  bool have_smaller = false;
  for (std::size_t n : sizes()) {
    const Outputs now = test.run(Engine{}, n);
    if (now.statuses().size() != n) {
      list.push_back("size " + std::to_string(n) + ": " + std::to_string(now.statuses().size()) +
                     " statuses");
    }
    if (have_smaller) {
      for (const auto& text : differences(smaller, now, true)) {
        list.push_back("size " + std::to_string(n) + " against a smaller batch: " + text);
      }
    }
    if (n >= 31) {
      const auto good = std::count(now.statuses().begin(), now.statuses().end(), ItemStatus::ok);
      if (good == 0) list.push_back("size " + std::to_string(n) + ": no item is good");
      if (!test.all_ok && good == static_cast<std::ptrdiff_t>(n)) {
        list.push_back("size " + std::to_string(n) + ": no item fails; give some bad input");
      }
    }
    smaller = now;
    have_smaller = true;
  }
  return list;
}

}  // namespace gadolin::parity
