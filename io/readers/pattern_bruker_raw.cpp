// Layouts read off measured files; magic and field offsets are named where they are used.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "io/readers/pattern_bytes.hpp"
#include "io/readers/pattern_formats.hpp"
#include "models/core/error.hpp"

namespace gadolin::io {

using diffraction::Pattern;

namespace {

Error cut_off(const std::string& what, const std::string& file) {
  return Error("E-XRD-013", what, file, "the file may be cut off: copy or export it again");
}

/// Where and how the points of a range lie.
struct Range {
  std::size_t points = 0;
  std::size_t data_at = 0, record_bytes = 4;
  double start_deg = 0.0, step_deg = 0.0, step_time_s = 0.0;
};

/// Evaluation programs store processed data in the same format.
void finish(Pattern& pattern) {
  const auto& y = pattern.counts;
  if (std::any_of(y.begin(), y.end(), [](double value) { return value < 0.0; })) {
    withhold_sigma(pattern, "are negative in places, so they are processed data");
  }
  finish_pattern(pattern, {}, true, structured_least_points);
}

Pattern read_range(const LittleEndian& bytes, const Range& range, std::size_t number,
                   const std::string& reader, const std::string& file) {
  const std::string place = fmt::format("{} (range {})", file, number);
  if (range.points > max_pattern_points) {
    throw Error("E-XRD-003", fmt::format("{} points stated", range.points), place,
                "the header is damaged: copy or export the file again");
  }
  if (range.record_bytes < 4 || range.record_bytes > 4096) {
    throw Error("E-XRD-003", fmt::format("a point is said to take {} bytes", range.record_bytes),
                place, "the header is damaged: copy or export the file again");
  }
  if (!bytes.holds(range.data_at, range.points * range.record_bytes)) {
    throw cut_off(fmt::format("the data end before the {} points stated", range.points), place);
  }
  if (!std::isfinite(range.start_deg) || !(range.step_deg > 0.0) || !(range.step_deg < 100.0)) {
    throw Error(
        "E-XRD-002",
        fmt::format("start {} and step {} deg give no angles", range.start_deg, range.step_deg),
        place, "give a scan over 2theta");
  }
  Pattern pattern;
  pattern.file = file;
  pattern.reader = reader;
  if (range.step_time_s > 0.0 && range.step_time_s < 1e7) pattern.step_time_s = range.step_time_s;
  pattern.two_theta_deg.resize(range.points);
  pattern.counts.resize(range.points);
  for (std::size_t i = 0; i < range.points; ++i) {
    pattern.two_theta_deg[i] = range.start_deg + range.step_deg * static_cast<double>(i);
    pattern.counts[i] = bytes.at<float>(range.data_at + i * range.record_bytes);
  }
  return pattern;
}

/// Version 1, magic "RAW ": each range repeats a header of 156 bytes; early programs left out the
/// magic of further ranges.
std::vector<Pattern> parse_version_1(const LittleEndian& bytes, const std::string& file) {
  std::vector<Pattern> patterns;
  std::size_t at = 4;  // behind the magic
  while (true) {
    if (!bytes.holds(at, 152)) throw cut_off("the header ends early", file);
    Range range;
    range.points = bytes.at<std::uint32_t>(at);
    range.step_time_s = decimal_of(bytes.at<float>(at + 4));
    range.step_deg = decimal_of(bytes.at<float>(at + 8));
    range.start_deg = decimal_of(bytes.at<float>(at + 20));
    range.data_at = at + 152;
    patterns.push_back(read_range(bytes, range, patterns.size() + 1, "Bruker RAW version 1", file));
    const TubeLines lines{.alpha1 = decimal_of(bytes.at<float>(at + 68)),
                          .alpha2 = decimal_of(bytes.at<float>(at + 72))};
    set_wavelengths(patterns.back(), lines);
    finish(patterns.back());
    const bool another = bytes.at<std::uint32_t>(at + 148) > 0;
    at = range.data_at + 4 * range.points;
    if (!another) return patterns;
    if (bytes.holds(at, 4) && bytes.text(at, 4) == "RAW ") at += 4;
  }
}

/// Version 2, magic "RAW2": 256 bytes, then per range a header of its own length.
std::vector<Pattern> parse_version_2(const LittleEndian& bytes, const std::string& file) {
  if (!bytes.holds(0, 256)) throw cut_off("the header ends early", file);
  const std::size_t ranges = bytes.at<std::uint16_t>(4);
  const TubeLines lines{.alpha1 = decimal_of(bytes.at<float>(190)),
                        .alpha2 = decimal_of(bytes.at<float>(194)),
                        .ratio = decimal_of(bytes.at<float>(198))};
  std::vector<Pattern> patterns;
  std::size_t at = 256;
  for (std::size_t number = 1; number <= ranges; ++number) {
    if (!bytes.holds(at, 48)) throw cut_off("the header of a range ends early", file);
    Range range;
    const std::size_t header_bytes = bytes.at<std::uint16_t>(at);
    range.points = bytes.at<std::uint16_t>(at + 2);
    range.step_time_s = decimal_of(bytes.at<float>(at + 8));
    range.step_deg = decimal_of(bytes.at<float>(at + 12));
    range.start_deg = decimal_of(bytes.at<float>(at + 16));
    range.data_at = at + header_bytes;
    if (header_bytes < 48) throw cut_off("the header of a range is too short", file);
    patterns.push_back(read_range(bytes, range, number, "Bruker RAW version 2", file));
    set_wavelengths(patterns.back(), lines);
    finish(patterns.back());
    at = range.data_at + 4 * range.points;
  }
  return patterns;
}

/// Version 3, magic "RAW1.01": 712 bytes with the tube's lines, then ranges with a header (304
/// bytes) and an extra header each.
std::vector<Pattern> parse_version_3(const LittleEndian& bytes, const std::string& file) {
  if (!bytes.holds(0, 712)) throw cut_off("the header ends early", file);
  const std::size_t ranges = bytes.at<std::uint32_t>(12);
  TubeLines lines{.average = bytes.at<double>(616),
                  .alpha1 = bytes.at<double>(624),
                  .alpha2 = bytes.at<double>(632),
                  .beta = bytes.at<double>(640),
                  .ratio = bytes.at<double>(648)};
  std::vector<Pattern> patterns;
  std::size_t at = 712;
  for (std::size_t number = 1; number <= ranges; ++number) {
    if (!bytes.holds(at, 304)) {
      throw cut_off(fmt::format("the file ends before range {} of {}", number, ranges), file);
    }
    const std::size_t header_bytes = bytes.at<std::uint32_t>(at);
    if (header_bytes < 260) throw cut_off("the header of a range is too short", file);
    Range range;
    range.points = bytes.at<std::uint32_t>(at + 4);
    range.start_deg = bytes.at<double>(at + 16);
    range.step_deg = bytes.at<double>(at + 176);
    range.step_time_s = decimal_of(bytes.at<float>(at + 192));
    range.record_bytes = bytes.at<std::uint32_t>(at + 252);
    range.data_at = at + header_bytes + bytes.at<std::uint32_t>(at + 256);
    patterns.push_back(read_range(bytes, range, number, "Bruker RAW version 3 (RAW1.01)", file));
    lines.used = bytes.at<double>(at + 240);
    set_wavelengths(patterns.back(), lines);
    finish(patterns.back());
    at = range.data_at + range.points * range.record_bytes;
  }
  return patterns;
}

/// Whether a scan's name says that 2theta stands still or means something else.
bool is_other_scan(std::string_view name) {
  for (const char* word : {"Rocking", "Phi", "Chi", "Psi", "Pole", "Fixed", "Time"}) {
    if (name.find(word) != std::string_view::npos) return true;
  }
  return name == "Theta" || name == "Omega" || name == "X" || name == "Y" || name == "Z";
}

/// Version 4, magic "RAW4.00": 61 bytes, then segments (type, length). Type 30 holds the tube's
/// lines, types 0 and 160 are ranges, whose second word is no length but the number of points.
std::vector<Pattern> parse_version_4(const LittleEndian& bytes, const std::string& file) {
  std::vector<Pattern> patterns;
  std::vector<std::string> left_out;
  TubeLines lines;
  std::size_t at = 61, number = 0;
  while (bytes.holds(at, 8)) {
    const auto type = bytes.at<std::uint32_t>(at);
    if (type != 0 && type != 160) {
      const std::size_t length = bytes.at<std::uint32_t>(at + 4);
      if (length < 8 || !bytes.holds(at, length)) {
        throw cut_off(fmt::format("a segment of type {} ends early", type), file);
      }
      if (type == 30 && length >= 112) {
        lines = {.average = decimal_of(bytes.at<double>(at + 72)),
                 .alpha1 = decimal_of(bytes.at<double>(at + 80)),
                 .alpha2 = decimal_of(bytes.at<double>(at + 88)),
                 .beta = decimal_of(bytes.at<double>(at + 96)),
                 .ratio = decimal_of(bytes.at<double>(at + 104))};
      }
      at += length;
      continue;
    }
    ++number;
    if (!bytes.holds(at, 160)) throw cut_off("the header of a range ends early", file);
    Range range;
    range.points = bytes.at<std::uint32_t>(at + 4);
    range.start_deg = bytes.at<double>(at + 72);
    range.step_deg = bytes.at<double>(at + 80);
    range.step_time_s = decimal_of(bytes.at<float>(at + 92));
    range.record_bytes = bytes.at<std::uint32_t>(at + 136);
    range.data_at = at + 160 + bytes.at<std::uint32_t>(at + 140);
    const std::string_view scan = bytes.text(at + 32, 24);
    if (is_other_scan(scan)) {
      left_out.push_back(
          fmt::format("range {} (\"{}\"), not over 2theta, in {}", number, scan, file));
      if (!bytes.holds(range.data_at, range.points * range.record_bytes)) {
        throw cut_off("the data of a range end early", file);
      }
    } else {
      patterns.push_back(read_range(bytes, range, number, "Bruker RAW version 4 (RAW4.00)", file));
      lines.used = decimal_of(bytes.at<double>(at + 112));
      set_wavelengths(patterns.back(), lines);
      finish(patterns.back());
    }
    at = range.data_at + range.points * range.record_bytes;
  }
  warn_of_left_out(patterns, left_out, file);
  return patterns;
}

}  // namespace

std::vector<Pattern> parse_bruker_raw(std::string_view bytes, const std::string& file) {
  const LittleEndian data(bytes);
  std::vector<Pattern> patterns;
  if (bytes.substr(0, 7) == "RAW1.01") {
    patterns = parse_version_3(data, file);
  } else if (bytes.substr(0, 7) == "RAW4.00") {
    patterns = parse_version_4(data, file);
  } else if (bytes.substr(0, 4) == "RAW2") {
    patterns = parse_version_2(data, file);
  } else {
    patterns = parse_version_1(data, file);
  }
  if (patterns.empty()) {
    throw Error("E-XRD-012", "no range of points in the file", file,
                "export the measurement again");
  }
  return patterns;
}

}  // namespace gadolin::io
