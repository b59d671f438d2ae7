#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "io/readers/pattern_bytes.hpp"
#include "io/readers/pattern_formats.hpp"
#include "models/core/error.hpp"

namespace gadolin::io {

using diffraction::Pattern;

namespace {

/// Numbers of "Key, 5.00, 70.00, /".
std::vector<double> numbers_of(std::string_view text) {
  std::vector<double> values;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    double value = 0.0;
    if (parse_number(trimmed(text.substr(at, end - at)), value)) values.push_back(value);
    at = end + 1;
  }
  return values;
}

std::vector<double> angles(double start_deg, double step_deg, std::size_t points) {
  std::vector<double> values(points);
  for (std::size_t i = 0; i < points; ++i) {
    values[i] = start_deg + step_deg * static_cast<double>(i);
  }
  return values;
}

}  // namespace

std::vector<Pattern> parse_philips_udf(std::string_view bytes, const std::string& file) {
  const auto lines = split_lines(bytes);
  Pattern pattern;
  pattern.file = file;
  pattern.reader = "Philips UDF";
  TubeLines tube;
  std::vector<double> range;
  std::vector<std::size_t> line_of_point;
  double step = 0.0;
  std::size_t data_line = 0;
  bool closed = false;
  for (std::size_t i = 0; i < lines.size() && !closed; ++i) {
    const std::string_view line = trimmed(lines[i]);
    if (line.empty()) continue;
    if (data_line == 0) {
      const std::string key = lower_case(trimmed(line.substr(0, line.find(','))));
      if (key == "rawscan" || key == "scandata") {
        data_line = i + 1;
        continue;
      }
      const std::size_t comma = line.find(',');
      if (comma == std::string_view::npos) continue;
      const auto values = numbers_of(line.substr(comma + 1));
      if (values.empty()) continue;
      if (key == "labdaalpha1") tube.alpha1 = values[0];  // spelt so by the program
      if (key == "labdaalpha2") tube.alpha2 = values[0];
      if (key == "ratioalpha21") tube.ratio = values[0];
      if (key == "dataanglerange") range = values;
      if (key == "scanstepsize") step = values[0];
      if (key == "scansteptime" && values[0] > 0.0 && values[0] < 1e7) {
        pattern.step_time_s = values[0];
      }
      continue;
    }
    std::size_t at = 0;
    while (at < line.size()) {
      at = line.find_first_not_of(" \t,", at);
      if (at == std::string_view::npos) break;
      if (line[at] == '/') {
        closed = true;
        break;
      }
      const std::size_t end = std::min(line.find_first_of(" \t,/", at), line.size());
      double value = 0.0;
      if (!parse_number(line.substr(at, end - at), value)) {
        throw Error("E-XRD-003", fmt::format("\"{}\" is no number", line.substr(at, end - at)),
                    at_line(file, i + 1), "mend the line or export again");
      }
      pattern.counts.push_back(value);
      line_of_point.push_back(i + 1);
      at = end;
    }
  }
  if (data_line == 0) {
    throw Error("E-XRD-003", "no RawScan or ScanData block", file, "export with the scan");
  }
  if (!closed) {
    throw Error("E-XRD-013", "the scan is not closed by \"/\"", at_line(file, data_line),
                "the file may be cut off: copy or export it again");
  }
  if (range.empty() || !std::isfinite(range[0]) || !(step > 0.0) || !(step < 100.0)) {
    throw Error("E-XRD-002", "no DataAngleRange and ScanStepSize before the counts",
                at_line(file, data_line), "export with the scan's range and step");
  }
  if (range.size() > 1) {
    const double expected = (range[1] - range[0]) / step + 1.0;
    if (!(std::abs(expected - static_cast<double>(pattern.counts.size())) < 1.5)) {
      throw Error("E-XRD-014",
                  fmt::format("{} counts for {} to {} deg in steps of {}", pattern.counts.size(),
                              range[0], range[1], step),
                  at_line(file, data_line), "the file may be cut off: copy or export it again");
    }
  }
  pattern.two_theta_deg = angles(range[0], step, pattern.counts.size());
  set_wavelengths(pattern, tube);
  finish_pattern(pattern, line_of_point, true, structured_least_points);
  return {pattern};
}

std::vector<Pattern> parse_philips_rd(std::string_view bytes, const std::string& file) {
  constexpr std::size_t header_bytes = 250;
  const LittleEndian data(bytes);
  const auto cut_off = [&](const std::string& what) {
    return Error("E-XRD-013", what, file, "the file may be cut off: copy or export it again");
  };
  if (!data.holds(0, header_bytes)) throw cut_off("the header ends early");
  const double step = data.at<double>(214), start = data.at<double>(222),
               end = data.at<double>(230);
  const double expected = (end - start) / step + 1.0;
  if (!std::isfinite(start) || !(step > 0.0) || !(expected >= 1.0) ||
      !(expected <= static_cast<double>(max_pattern_points))) {
    throw Error("E-XRD-002",
                fmt::format("start {}, end {} and step {} deg give no angles", start, end, step),
                file, "the header is damaged: copy or export the file again");
  }
  const auto points = static_cast<std::size_t>(std::floor(expected + 1e-6));
  if (!data.holds(header_bytes, 2 * points)) {
    throw cut_off(fmt::format("the data end before the {} points stated", points));
  }
  Pattern pattern;
  pattern.file = file;
  pattern.reader = "Philips RD version 3";
  pattern.two_theta_deg = angles(start, step, points);
  pattern.counts.resize(points);
  pattern.sigma.resize(points);
  for (std::size_t i = 0; i < points; ++i) {
    const double root = data.at<std::uint16_t>(header_bytes + 2 * i);
    pattern.counts[i] = root * root / 100.0;
    // The stored root has steps of 1: 1/300 of the counts' variance comes on top of theirs.
    pattern.sigma[i] = std::sqrt(std::max(pattern.counts[i], 1.0) * (1.0 + 1.0 / 300.0));
  }
  // No measured file was at hand to confirm where the wavelengths lie: they are taken only where
  // they are those of a tube.
  const TubeLines tube{
      .alpha1 = data.at<double>(94), .alpha2 = data.at<double>(102), .ratio = data.at<double>(110)};
  constexpr double known[] = {2.28970, 1.93604, 1.78900, 1.54060, 0.70930, 0.55941};  // Cr ... Ag
  if (std::any_of(std::begin(known), std::end(known),
                  [&](double line) { return std::abs(tube.alpha1 - line) < 5e-4; })) {
    set_wavelengths(pattern, tube);
  }
  finish_pattern(pattern, {}, true, structured_least_points);
  return {pattern};
}

}  // namespace gadolin::io
