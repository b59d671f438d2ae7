#include <cctype>
#include <cmath>

#include <fmt/format.h>

#include "io/readers/pattern_formats.hpp"
#include "models/core/error.hpp"

namespace gadolin::io {

using diffraction::Pattern;

namespace {

/// A range of a UXD file while it is read.
struct Range {
  double start_deg = NAN, step_deg = NAN, step_time_s = NAN;
  bool pairs = false, rates = false, in_data = false;
  std::size_t line = 0;
  std::vector<double> numbers;
  std::vector<std::size_t> line_of_number;
};

struct Header {
  std::vector<double> wavelength_angstrom;
  double ratio = 0.0;
  std::string version = "?";
};

Pattern finish_range(Range& range, const Header& header, const std::string& file) {
  Pattern pattern;
  pattern.file = file;
  pattern.reader = "UXD " + header.version;
  pattern.wavelength_angstrom = header.wavelength_angstrom;
  pattern.kalpha2_ratio = header.wavelength_angstrom.size() > 1 ? header.ratio : 0.0;
  std::vector<std::size_t> line_of_point;
  if (range.pairs) {
    if (range.numbers.size() % 2 != 0) {
      throw Error("E-XRD-013", "the last angle has no intensity",
                  at_line(file, range.line_of_number.back()),
                  "the file may be cut off: copy or export it again");
    }
    for (std::size_t i = 0; i + 1 < range.numbers.size(); i += 2) {
      pattern.two_theta_deg.push_back(range.numbers[i]);
      pattern.counts.push_back(range.numbers[i + 1]);
      line_of_point.push_back(range.line_of_number[i + 1]);
    }
  } else {
    if (!(std::isfinite(range.start_deg) && range.step_deg > 0.0)) {
      throw Error("E-XRD-002", "no _2THETA (or _START) and _STEPSIZE before the counts",
                  at_line(file, range.line), "export with pairs of angle and counts");
    }
    for (std::size_t i = 0; i < range.numbers.size(); ++i) {
      pattern.two_theta_deg.push_back(range.start_deg + range.step_deg * static_cast<double>(i));
    }
    pattern.counts = range.numbers;
    line_of_point = range.line_of_number;
  }
  if (range.step_time_s > 0.0 && range.step_time_s < 1e7) pattern.step_time_s = range.step_time_s;
  if (range.rates && pattern.step_time_s > 0.0) {
    for (double& value : pattern.counts) {
      value *= pattern.step_time_s;
      if (std::abs(value - std::round(value)) < 0.02) value = std::round(value);
    }
  } else if (range.rates) {
    withhold_sigma(pattern, "are rates and the counting time is not stated");
  }
  finish_pattern(pattern, line_of_point, true, structured_least_points);
  return pattern;
}

}  // namespace

std::vector<Pattern> parse_uxd(std::string_view bytes, const std::string& file) {
  const auto lines = split_lines(bytes);
  Header header;
  Range range;
  std::vector<Pattern> patterns;
  const auto close = [&] {
    if (range.in_data) patterns.push_back(finish_range(range, header, file));
    range.in_data = false;
    range.numbers.clear();
    range.line_of_number.clear();
  };
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string_view line = lines[i];
    while (!line.empty() && std::isspace(static_cast<unsigned char>(line.front()))) {
      line.remove_prefix(1);
    }
    while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) {
      line.remove_suffix(1);
    }
    if (line.empty() || line[0] == ';') continue;
    if (line[0] == '_') {
      if (range.in_data) close();
      const std::size_t equals = line.find('=');
      const std::string key(line.substr(0, std::min(equals, line.size())));
      const std::string_view text =
          equals == std::string_view::npos ? std::string_view{} : line.substr(equals + 1);
      double value = NAN;
      const bool numeric = parse_number(text, value) && std::isfinite(value);
      if (key == "_COUNTS" || key == "_CPS" || key == "_2THETACOUNTS" || key == "_2THETACPS") {
        range.in_data = true;
        range.line = i + 1;
        range.pairs = key.rfind("_2THETA", 0) == 0;
        range.rates = key.find("CPS") != std::string::npos;
      } else if (key == "_FILEVERSION") {
        header.version = std::string(text.substr(0, 8));
      } else if (numeric && (key == "_WL1" || key == "_WL2") && value > 0.05 && value < 5.0) {
        header.wavelength_angstrom.push_back(value);
      } else if (numeric && key == "_WLRATIO" && value >= 0.0 && value <= 1.0) {
        header.ratio = value;
      } else if (numeric && (key == "_2THETA" || key == "_START")) {
        range.start_deg = value;
      } else if (numeric && key == "_STEPSIZE") {
        range.step_deg = value;
      } else if (numeric && key == "_STEPTIME") {
        range.step_time_s = value;
      }
      continue;
    }
    if (!range.in_data) {
      throw Error("E-XRD-003", fmt::format("\"{}\" outside of a data block", line.substr(0, 40)),
                  at_line(file, i + 1), "export the file again");
    }
    std::size_t at = 0;
    while (at < line.size()) {
      at = line.find_first_not_of(" \t", at);
      if (at == std::string_view::npos) break;
      const std::size_t end = std::min(line.find_first_of(" \t", at), line.size());
      double value = 0.0;
      if (!parse_number(line.substr(at, end - at), value)) {
        throw Error("E-XRD-003", fmt::format("\"{}\" is no number", line.substr(at, end - at)),
                    at_line(file, i + 1), "mend the line or export again");
      }
      range.numbers.push_back(value);
      range.line_of_number.push_back(i + 1);
      at = end;
    }
  }
  close();
  if (patterns.empty()) {
    throw Error("E-XRD-003", "no _COUNTS, _CPS, _2THETACOUNTS or _2THETACPS block", file,
                "export with counts");
  }
  return patterns;
}

}  // namespace gadolin::io
