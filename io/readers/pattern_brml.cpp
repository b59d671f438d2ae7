#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "io/readers/pattern_formats.hpp"
#include "io/readers/zip_archive.hpp"
#include "models/core/error.hpp"

namespace gadolin::io {

using diffraction::Pattern;

namespace {

/// Columns of a <Datum>, as <DataViews> states them; the files differ.
struct Columns {
  std::optional<std::size_t> two_theta, intensity, absorption, time;
  double blank = NAN;  ///< intensity that stands for "not measured"
};

constexpr std::size_t max_columns = 4096;

/// An attribute that must be a small whole number.
std::optional<std::size_t> small_integer(const pugi::xml_attribute& attribute) {
  double value = 0.0;
  if (!parse_number(attribute.as_string(), value) || !(value >= 0.0) ||
      !(value < static_cast<double>(max_columns)) || value != std::floor(value)) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(value);
}

std::string_view kind_of(const pugi::xml_node& view) {
  const std::string_view kind = view.attribute("xsi:type").as_string();
  return kind;
}

Columns find_columns(const pugi::xml_node& route) {
  Columns columns;
  bool counted = false;
  for (const auto& view : route.child("DataViews").children("RawDataView")) {
    const auto start = small_integer(view.attribute("Start"));
    const auto length = small_integer(view.attribute("Length"));
    if (!start || !length || *length == 0) continue;
    const std::string_view kind = kind_of(view);
    const std::string_view name = view.attribute("LogicName").as_string();
    if (kind == "FixedRawDataView") {
      if (name == "MeasuredTime") columns.time = start;
      if (name == "AbsorptionFactor") columns.absorption = start;
    } else if (kind == "VaryingRawDataView") {
      std::size_t column = *start;
      for (const auto& field : view.child("Varying").children("FieldDefinitions")) {
        if (std::string_view(field.attribute("AxisId").as_string()) == "TwoTheta") {
          columns.two_theta = column;
        }
        ++column;
      }
    } else if (kind == "RecordedRawDataView" && *length == 1) {
      // The first counter; a sensor of temperature or the like only where nothing counts.
      const auto recording = view.child("Recording");
      const std::string_view category = recording.attribute("Category").as_string("Count");
      const bool counts = category == "Count";
      if (columns.intensity && (counted || !counts)) continue;
      counted = counts;
      columns.intensity = start;
      columns.blank = NAN;
      double blank = 0.0;
      if (parse_number(recording.child_value("BlankingValue"), blank)) columns.blank = blank;
    }
  }
  return columns;
}

/// Numbers of a <Datum> up to the last column needed.
void read_datum(std::string_view text, std::size_t columns, const std::string& place,
                std::size_t number, std::vector<double>& values) {
  values.clear();
  std::size_t at = 0;
  while (values.size() < columns) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    double value = 0.0;
    if (at > text.size() || !parse_number(trimmed(text.substr(at, end - at)), value)) {
      throw Error(
          "E-XRD-003",
          fmt::format("point {} (\"{}\") has no {} numbers", number, text.substr(0, 60), columns),
          place, "copy or export the file again");
    }
    values.push_back(value);
    at = end + 1;
  }
}

double length_angstrom(const pugi::xml_node& root, const char* name) {
  const auto node = root.find_node(
      [&](const pugi::xml_node& candidate) { return std::string_view(candidate.name()) == name; });
  double value = 0.0;
  if (!parse_number(node.attribute("Value").as_string(), value) || !std::isfinite(value))
    return 0.0;
  return std::string_view(node.attribute("Unit").as_string()) == "nm" ? 10.0 * value : value;
}

/// Start and increment of 2theta where the points do not hold it.
std::optional<std::pair<double, double>> scan_axis(const pugi::xml_node& route) {
  for (const auto& axis : route.child("ScanInformation").child("ScanAxes").children()) {
    if (std::string_view(axis.attribute("AxisId").as_string()) != "TwoTheta") continue;
    double reference = 0.0, start = 0.0, increment = 0.0;
    parse_number(axis.child_value("Reference"), reference);
    if (parse_number(axis.child_value("Start"), start) &&
        parse_number(axis.child_value("Increment"), increment) && increment > 0.0) {
      return std::pair(reference + start, increment);
    }
  }
  return std::nullopt;
}

/// The scan of a route, or why it is left out.
std::optional<Pattern> read_route(const pugi::xml_node& route, const TubeLines& lines,
                                  const std::string& member, const std::string& file,
                                  std::vector<std::string>& left_out) {
  const std::string place = file + "/" + member;
  const std::string name = route.child("ScanInformation").attribute("ScanName").as_string("?");
  const Columns columns = find_columns(route);
  const auto axis = scan_axis(route);
  if (!columns.two_theta && !axis) {
    left_out.push_back(
        fmt::format("scan \"{}\", not over 2theta, in {}", name.substr(0, 40), place));
    return std::nullopt;
  }
  if (!columns.intensity) {
    left_out.push_back(
        fmt::format("scan \"{}\" without one count per point in {}", name.substr(0, 40), place));
    return std::nullopt;
  }
  std::size_t needed = *columns.intensity + 1;
  for (const auto& column : {columns.two_theta, columns.absorption, columns.time}) {
    if (column) needed = std::max(needed, *column + 1);
  }
  Pattern pattern;
  pattern.file = file;
  pattern.reader = "BRML " + member;
  std::vector<double> factor, time, values;
  std::size_t number = 0, blanks = 0;
  for (const auto& datum : route.children("Datum")) {
    read_datum(datum.child_value(), needed, place, ++number, values);
    if (number > max_pattern_points) {
      throw Error("E-XRD-003", fmt::format("more than {} points", max_pattern_points), place,
                  "split the measurement");
    }
    if (values[*columns.intensity] == columns.blank) {
      ++blanks;
      continue;
    }
    pattern.counts.push_back(values[*columns.intensity]);
    pattern.two_theta_deg.push_back(
        columns.two_theta ? values[*columns.two_theta]
                          : axis->first + axis->second * static_cast<double>(number - 1));
    if (columns.absorption) factor.push_back(values[*columns.absorption]);
    if (columns.time) time.push_back(values[*columns.time]);
  }
  if (blanks > 0) {
    pattern.warnings.push_back(
        {"W-XRD-002",
         fmt::format("{} points that were not measured left out in {}", blanks, place)});
  }
  if (pattern.two_theta_deg.size() > 1 &&
      pattern.two_theta_deg.front() == pattern.two_theta_deg.back()) {
    left_out.push_back(
        fmt::format("scan \"{}\", not over 2theta, in {}", name.substr(0, 40), place));
    return std::nullopt;
  }
  set_wavelengths(pattern, lines);
  // The absorber is undone in the stored intensities; their variance is not.
  if (columns.absorption) undo_attenuation(pattern, factor, true);
  if (columns.time) equalise_times(pattern, time);
  finish_pattern(pattern, {}, true, structured_least_points);
  return pattern;
}

void read_member(const std::string& xml, const std::string& member, const std::string& file,
                 std::vector<Pattern>& patterns, std::vector<std::string>& left_out) {
  pugi::xml_document document;
  const auto parsed = document.load_buffer(xml.data(), xml.size());
  if (!parsed) {
    throw Error("E-XRD-011", fmt::format("damaged XML ({})", parsed.description()),
                file + "/" + member, "copy or export the file again");
  }
  const auto root = document.document_element();
  TubeLines lines;
  lines.used = length_angstrom(root, "WaveLength");
  lines.average = length_angstrom(root, "WaveLengthAverage");
  lines.alpha1 = length_angstrom(root, "WaveLengthAlpha1");
  lines.alpha2 = length_angstrom(root, "WaveLengthAlpha2");
  lines.beta = length_angstrom(root, "WaveLengthBeta");
  lines.ratio = length_angstrom(root, "WaveLengthRatio");
  // Routes are stages of one measurement: the final one, or as measured.
  pugi::xml_node chosen;
  for (const auto& route : root.child("DataRoutes").children("DataRoute")) {
    if (!route.child("Datum")) continue;
    const bool is_final = std::string_view(route.attribute("RouteFlag").as_string()) == "Final";
    if (!chosen || is_final) chosen = route;
  }
  if (!chosen) {
    left_out.push_back("a measurement without points in " + file + "/" + member);
    return;
  }
  if (auto pattern = read_route(chosen, lines, member, file, left_out)) {
    const std::string_view status = root.child_value("MeasurementStatus");
    if (!status.empty() && status != "Measured" && status != "Finished") {
      pattern->warnings.push_back({"W-XRD-005", fmt::format("measurement status is \"{}\" in {}/{}",
                                                            status.substr(0, 30), file, member)});
    }
    patterns.push_back(std::move(*pattern));
  }
}

}  // namespace

std::vector<Pattern> parse_brml(std::string_view bytes, const std::string& file) {
  ZipArchive archive(bytes, file);
  std::map<std::pair<std::size_t, std::string>, bool> members;  // RawData2 before RawData10
  for (const std::string& name : archive.names()) {
    const std::size_t base = name.rfind('/') + 1;  // 0 without a folder
    if (name.compare(base, 7, "RawData") == 0 && name.ends_with(".xml")) {
      members[{name.size(), name}] = true;
    }
  }
  if (members.size() > 10'000) {
    throw Error("E-XRD-003", fmt::format("{} measurements", members.size()), file,
                "split the file");
  }
  std::vector<Pattern> patterns;
  std::vector<std::string> left_out;
  for (const auto& [key, unused] : members) {
    read_member(archive.read(key.second), key.second, file, patterns, left_out);
  }
  warn_of_left_out(patterns, left_out, file);
  return patterns;
}

}  // namespace gadolin::io
