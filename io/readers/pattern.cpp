#include "io/readers/pattern.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <filesystem>

#include <fmt/format.h>

#include "io/readers/file_bytes.hpp"
#include "io/readers/pattern_formats.hpp"
#include "models/core/error.hpp"

namespace gadolin::io {

using diffraction::Pattern;

namespace {

constexpr std::size_t least_points = 10;

std::string lowered(std::string_view text) {
  std::string copy(text);
  for (char& c : copy) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return copy;
}

[[noreturn]] void unsupported(const std::string& format, const std::string& file,
                              const std::string& remedy = "export as .xy or .xrdml") {
  throw Error("E-FMT-014", format + " is recognised but not read here", file, remedy);
}

void refuse_known_binaries(std::string_view bytes, const std::string& file) {
  const auto starts = [&](std::string_view magic) {
    return bytes.substr(0, magic.size()) == magic;
  };
  if (starts("RAW1.01")) unsupported("Bruker RAW version 3 (RAW1.01)", file);
  if (starts("RAW4.00")) unsupported("Bruker RAW version 4 (RAW4.00)", file);
  if (starts("RAW2")) unsupported("Bruker RAW version 2", file);
  if (starts("RAW ")) unsupported("Bruker RAW version 1", file);
  if (starts("RAW")) unsupported("Bruker RAW of an unknown version", file);
  if (starts("\x89HDF")) unsupported("an HDF5 or NeXus file", file);
  if (starts("V3RD") || starts("V5RD")) {
    unsupported("Philips RD version " + std::string(bytes.substr(1, 1)), file);
  }
  if (starts("PK\x03\x04")) {
    const auto head = bytes.substr(0, 1 << 16);
    const auto tail = bytes.substr(bytes.size() > (1 << 16) ? bytes.size() - (1 << 16) : 0);
    const auto holds = [&](std::string_view word) {
      return head.find(word) != std::string_view::npos || tail.find(word) != std::string_view::npos;
    };
    if (holds("RawData") || holds("DataContainer.xml")) unsupported("Bruker BRML", file);
    if (holds("Profile0") || holds("MesurementConditions")) unsupported("Rigaku RASX", file);
    if (holds("xl/")) unsupported("an Excel workbook", file, "export the sheet as CSV");
    unsupported("a zip archive", file, "unpack it and name the pattern inside");
  }
  if (starts("\x1F\x8B")) unsupported("a gzip-compressed file", file, "unpack it with gunzip");
  if (starts("%PDF")) unsupported("a PDF document", file);
}

}  // namespace

const char* to_string(PatternFormat format) {
  switch (format) {
    case PatternFormat::two_column_text:
      return "two-column text";
    case PatternFormat::xrdml:
      return "xrdml";
    case PatternFormat::gsas:
      return "GSAS";
    case PatternFormat::uxd:
      return "UXD";
  }
  return "unknown";
}

PatternFormat sniff_pattern(std::string_view bytes, const std::string& file) {
  refuse_known_binaries(bytes, file);
  if (bytes.substr(0, 2) == "\xFF\xFE" || bytes.substr(0, 2) == "\xFE\xFF") {
    throw Error("E-FMT-001", "the text is UTF-16", file, "save it as UTF-8 or plain ASCII");
  }
  if (bytes.find('\0') != std::string_view::npos) {
    throw Error("E-FMT-001", "binary content of no known format", file,
                "export as .xy or .xrdml; formats read: docs/formats/patterns.md");
  }
  std::string_view text = bytes;
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  const std::string head = lowered(text.substr(0, 1 << 16));
  const std::size_t first = head.find_first_not_of(" \t\r\n");
  if (first != std::string::npos && head[first] == '<') {
    if (head.find("xrdmeasurement") != std::string::npos) return PatternFormat::xrdml;
    throw Error("E-FMT-001", "XML, but no PANalytical xrdMeasurements", file,
                "export as .xy or .xrdml");
  }
  if (head.find("*ras_data_start") != std::string::npos) unsupported("Rigaku RAS", file);
  if (head.find("sampleident,") == first && first != std::string::npos) {
    unsupported("Philips UDF", file);
  }
  if (head.find("\n_fileversion=") != std::string::npos || head.rfind("_fileversion=", 0) == 0) {
    return PatternFormat::uxd;
  }
  for (const std::string_view line : split_lines(text.substr(0, 1 << 20))) {
    if (line.substr(0, 5) == "BANK " && line.size() > 12) return PatternFormat::gsas;
  }
  const std::size_t block = head.rfind("data_", 0) == 0 ? 0 : head.find("\ndata_");
  if (block != std::string::npos) {
    if (head.find("_pd_meas") != std::string::npos || head.find("_pd_proc") != std::string::npos) {
      unsupported("pdCIF", file);
    }
    if (head.find("_cell_length_a") != std::string::npos) {
      throw Error("E-FMT-001", "a CIF with a crystal structure where a pattern is needed", file,
                  "give it under phases, and a measured file as the pattern");
    }
  }
  return PatternFormat::two_column_text;
}

std::vector<std::string_view> split_lines(std::string_view bytes) {
  if (bytes.substr(0, 3) == "\xEF\xBB\xBF") bytes.remove_prefix(3);
  std::vector<std::string_view> lines;
  std::size_t begin = 0;
  while (begin < bytes.size()) {
    const std::size_t end = std::min(bytes.find_first_of("\r\n", begin), bytes.size());
    lines.push_back(bytes.substr(begin, end - begin));
    begin = end + 1;
    if (end + 1 < bytes.size() && bytes[end] == '\r' && bytes[end + 1] == '\n') ++begin;
  }
  return lines;
}

bool parse_number(std::string_view token, double& value) {
  if (!token.empty() && token[0] == '+') token.remove_prefix(1);
  if (token.empty() || token[0] == '+') return false;
  const auto result = std::from_chars(token.data(), token.data() + token.size(), value);
  if (result.ec == std::errc::result_out_of_range) {
    value = INFINITY;  // refused later as not finite, with its place
    return result.ptr == token.data() + token.size();
  }
  return result.ec == std::errc() && result.ptr == token.data() + token.size();
}

std::string at_line(const std::string& file, std::size_t line) {
  return fmt::format("{}:{}", file, line);
}

double wavelength_in_text(std::string_view line) {
  const std::string low = lowered(line.substr(0, 400));
  for (const char* word : {"wavelength", "lambda", "wave length"}) {
    std::size_t at = low.find(word);
    if (at == std::string::npos) continue;
    at = low.find_first_of("=:", at);
    if (at == std::string::npos) return 0.0;
    at = low.find_first_of("0123456789", at);
    if (at == std::string::npos) return 0.0;
    double value = 0.0;
    std::from_chars(low.data() + at, low.data() + low.size(), value);
    return value > 0.05 && value < 5.0 ? value : 0.0;
  }
  return 0.0;
}

void finish_pattern(Pattern& pattern, const std::vector<std::size_t>& line_of_point,
                    bool expect_counts) {
  const auto place = [&](std::size_t point) {
    return point < line_of_point.size() ? at_line(pattern.file, line_of_point[point])
                                        : fmt::format("{} (point {})", pattern.file, point + 1);
  };
  auto& x = pattern.two_theta_deg;
  auto& y = pattern.counts;
  auto& s = pattern.sigma;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!std::isfinite(x[i]) || !std::isfinite(y[i]) || (!s.empty() && !std::isfinite(s[i]))) {
      throw Error("E-XRD-006", "a value is not a finite number", place(i),
                  "remove the point or export the pattern again");
    }
    if (i > 0 && x[i] <= x[i - 1]) {
      throw Error("E-XRD-007",
                  fmt::format("two_theta_deg not increasing ({} after {})", x[i], x[i - 1]),
                  place(i), "sort the file by angle, or split it into one file per scan");
    }
    if (x[i] > 180.0 || x[i] < -180.0) {
      throw Error("E-XRD-009", fmt::format("two_theta_deg is {} (expected 0 to 180)", x[i]),
                  place(i), "give angles 2theta in degrees, not d, q, energy or time");
    }
    if (!s.empty() && s[i] < 0.0) {
      throw Error("E-XRD-008", fmt::format("the standard uncertainty is {}", s[i]), place(i),
                  "give positive uncertainties in column 3, or two columns only");
    }
    if (s.empty() && y[i] < 0.0) {
      throw Error("E-XRD-008", fmt::format("negative counts ({})", y[i]), place(i),
                  "give raw counts, or a third column with standard uncertainties");
    }
  }
  // Points that carry no information: at or below 0 deg, or with an uncertainty of 0.
  std::size_t below = 0, weightless = 0, kept = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (x[i] <= 0.0) {
      ++below;
    } else if (!s.empty() && s[i] == 0.0) {
      ++weightless;
    } else {
      x[kept] = x[i];
      y[kept] = y[i];
      if (!s.empty()) s[kept] = s[i];
      ++kept;
    }
  }
  x.resize(kept);
  y.resize(kept);
  if (!s.empty()) s.resize(kept);
  if (below > 0) {
    pattern.warnings.push_back(
        {"W-XRD-002",
         fmt::format("{} points at or below 0 deg left out in {}", below, pattern.file)});
  }
  if (weightless > 0) {
    pattern.warnings.push_back(
        {"W-XRD-002", fmt::format("{} points with standard uncertainty 0 left out in {}",
                                  weightless, pattern.file)});
  }
  if (kept < least_points) {
    throw Error("E-XRD-005",
                fmt::format("only {} points (expected at least {})", kept, least_points),
                pattern.file, "check that the export holds the whole scan");
  }
  if (std::all_of(y.begin(), y.end(), [](double value) { return value == 0.0; })) {
    throw Error("E-XRD-010", "every intensity is 0", pattern.file,
                "check the export and the detector");
  }
  const bool whole =
      std::all_of(y.begin(), y.end(), [](double value) { return value == std::floor(value); });
  if (!s.empty()) {
    pattern.counts_are_poisson = false;
  } else if (!whole) {
    pattern.counts_are_poisson = false;
    if (expect_counts) {
      pattern.warnings.push_back(
          {"W-XRD-001",
           fmt::format("intensities in {} are not whole numbers: scaled data or rates, so no "
                       "Poisson uncertainty - give raw counts or a third column with sigma",
                       pattern.file)});
    }
  }
}

std::vector<Pattern> parse_patterns(std::string_view bytes, const std::string& file) {
  std::vector<Pattern> patterns;
  switch (sniff_pattern(bytes, file)) {
    case PatternFormat::xrdml:
      patterns = parse_xrdml(bytes, file);
      break;
    case PatternFormat::gsas:
      patterns = parse_gsas(bytes, file);
      break;
    case PatternFormat::uxd:
      patterns = parse_uxd(bytes, file);
      break;
    case PatternFormat::two_column_text:
      patterns = parse_two_column_text(bytes, file);
      break;
  }
  const std::string stem = std::filesystem::path(file).stem().string();
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    patterns[i].id = i == 0 ? stem : fmt::format("{}#{}", stem, i + 1);
  }
  return patterns;
}

std::vector<Pattern> read_patterns(const std::string& path, InputFile* record) {
  FileBytes file = read_file(path, "pattern");
  std::vector<Pattern> patterns = parse_patterns(file.bytes, path);
  file.record.reader = patterns.empty() ? "" : patterns.front().reader;
  if (record) *record = file.record;
  return patterns;
}

}  // namespace gadolin::io
