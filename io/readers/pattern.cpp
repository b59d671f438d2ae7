#include "io/readers/pattern.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "io/readers/file_bytes.hpp"
#include "io/readers/pattern_formats.hpp"
#include "io/readers/zip_archive.hpp"
#include "models/core/error.hpp"

namespace gadolin::io {

using diffraction::Pattern;

namespace {

[[noreturn]] void unsupported(const std::string& format, const std::string& file,
                              const std::string& remedy = "export as .xy or .xrdml") {
  throw Error("E-FMT-014", format + " is recognised but not read here", file, remedy);
}

/// Formats known by their first bytes; others are refused by name or left to the text readers.
std::optional<PatternFormat> sniff_magic(std::string_view bytes, const std::string& file) {
  const auto starts = [&](std::string_view magic) {
    return bytes.substr(0, magic.size()) == magic;
  };
  if (starts("RAW1.01") || starts("RAW4.00") || starts("RAW2") || starts("RAW ")) {
    return PatternFormat::bruker_raw;
  }
  if (starts("RAW") && bytes.find('\0') != std::string_view::npos) {
    unsupported("Bruker RAW of an unknown version", file);
  }
  if (starts("\x89HDF\r\n\x1A\n")) return PatternFormat::nexus;
  if (starts("V3RD")) return PatternFormat::philips_rd;
  if (starts("V5RD")) unsupported("Philips RD version 5", file);
  if (starts("PK\x03\x04")) {
    const auto names = zip_member_names(bytes, file);
    const auto any = [&](std::string_view word) {
      return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
        return name.find(word) != std::string::npos;
      });
    };
    if (any("RawData") || any("DataContainer.xml")) return PatternFormat::brml;
    if (any("Profile") || any("MesurementConditions")) return PatternFormat::rasx;
    if (any("xl/")) unsupported("an Excel workbook", file, "export the sheet as CSV");
    unsupported("a zip archive", file, "unpack it and name the pattern inside");
  }
  if (starts("\x1F\x8B")) unsupported("a gzip-compressed file", file, "unpack it with gunzip");
  if (starts("%PDF")) unsupported("a PDF document", file);
  return std::nullopt;
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
    case PatternFormat::bruker_raw:
      return "Bruker RAW";
    case PatternFormat::brml:
      return "Bruker BRML";
    case PatternFormat::ras:
      return "Rigaku RAS";
    case PatternFormat::rasx:
      return "Rigaku RASX";
    case PatternFormat::pdcif:
      return "pdCIF";
    case PatternFormat::nexus:
      return "NeXus";
    case PatternFormat::philips_udf:
      return "Philips UDF";
    case PatternFormat::philips_rd:
      return "Philips RD";
  }
  return "unknown";
}

PatternFormat sniff_pattern(std::string_view bytes, const std::string& file) {
  if (const auto known = sniff_magic(bytes, file)) return *known;
  if (bytes.substr(0, 2) == "\xFF\xFE" || bytes.substr(0, 2) == "\xFE\xFF") {
    throw Error("E-FMT-001", "the text is UTF-16", file, "save it as UTF-8 or plain ASCII");
  }
  if (bytes.find('\0') != std::string_view::npos) {
    throw Error("E-FMT-001", "binary content of no known format", file,
                "export as .xy or .xrdml; formats read: docs/formats/patterns.md");
  }
  std::string_view text = bytes;
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  const std::string head = lower_case(text.substr(0, 1 << 16));
  const std::size_t first = head.find_first_not_of(" \t\r\n");
  if (first != std::string::npos && head[first] == '<') {
    if (head.find("xrdmeasurement") != std::string::npos) return PatternFormat::xrdml;
    throw Error("E-FMT-001", "XML, but no PANalytical xrdMeasurements", file,
                "export as .xy or .xrdml");
  }
  if (head.find("*ras_data_start") != std::string::npos ||
      head.find("*ras_header_start") != std::string::npos) {
    return PatternFormat::ras;
  }
  if (head.find("\nrawscan") != std::string::npos || head.find("\nscandata") != std::string::npos ||
      (first != std::string::npos && head.find("sampleident,") == first)) {
    return PatternFormat::philips_udf;
  }
  if (head.find("\n_fileversion=") != std::string::npos || head.rfind("_fileversion=", 0) == 0) {
    return PatternFormat::uxd;
  }
  for (const std::string_view line : split_lines(text.substr(0, 1 << 20))) {
    if (line.substr(0, 5) == "BANK " && line.size() > 12) return PatternFormat::gsas;
  }
  const std::size_t block = head.rfind("data_", 0) == 0 ? 0 : head.find("\ndata_");
  if (block != std::string::npos) {
    // The profile may stand behind a long structure: all of the text is searched.
    for (const char* tag : {"_pd_meas_counts", "_pd_meas_intensity", "_pd_proc_intensity"}) {
      if (text.find(tag) != std::string_view::npos) return PatternFormat::pdcif;
    }
    if (head.find("_cell_length_a") != std::string::npos) {
      throw Error("E-FMT-001", "a CIF with a crystal structure where a pattern is needed", file,
                  "give it under phases, and a measured file as the pattern");
    }
  }
  return PatternFormat::two_column_text;
}

namespace {

std::vector<Pattern> parse_known(std::string_view bytes, const std::string& file) {
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
    case PatternFormat::bruker_raw:
      patterns = parse_bruker_raw(bytes, file);
      break;
    case PatternFormat::brml:
      patterns = parse_brml(bytes, file);
      break;
    case PatternFormat::ras:
      patterns = parse_ras(bytes, file);
      break;
    case PatternFormat::rasx:
      patterns = parse_rasx(bytes, file);
      break;
    case PatternFormat::pdcif:
      patterns = parse_pdcif(bytes, file);
      break;
    case PatternFormat::nexus:
      patterns = parse_nexus(bytes, file);
      break;
    case PatternFormat::philips_udf:
      patterns = parse_philips_udf(bytes, file);
      break;
    case PatternFormat::philips_rd:
      patterns = parse_philips_rd(bytes, file);
      break;
    case PatternFormat::two_column_text:
      patterns = parse_two_column_text(bytes, file);
      break;
  }
  return patterns;
}

}  // namespace

std::vector<Pattern> parse_patterns(std::string_view bytes, const std::string& file) {
  std::vector<Pattern> patterns;
  try {
    patterns = parse_known(bytes, file);
  } catch (const Error& error) {
    // Messages quote the file, which may hold anything; terminals, JSON and reports must not.
    std::string fact = error.text();
    const std::string tail = (error.where().empty() ? "" : " in " + error.where()) +
                             (error.remedy().empty() ? "" : " - " + error.remedy());
    fact.resize(fact.size() - std::min(fact.size(), tail.size()));
    throw Error(error.code(), printable(fact), error.where(), error.remedy(), error.exit());
  }
  for (Pattern& pattern : patterns) {
    pattern.reader = printable(pattern.reader);
    for (Warning& warning : pattern.warnings) warning.text = printable(warning.text);
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
