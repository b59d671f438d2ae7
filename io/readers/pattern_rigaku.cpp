#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "io/readers/pattern_formats.hpp"
#include "io/readers/zip_archive.hpp"
#include "models/core/error.hpp"

namespace gadolin::io {

using diffraction::Pattern;

namespace {

/// What the header of a scan says, from either format.
struct Conditions {
  TubeLines lines;
  std::string wave_type;       ///< "Ka", "Ka1", "Kb"
  std::string axis;            ///< "TwoThetaTheta"; shown also as "2theta/theta" in Greek letters
  std::string intensity_unit;  ///< "counts" or "cps", and not always true
  std::string mode, speed_unit;
  double step_deg = 0.0, speed = 0.0;
};

/// Rows of a scan: angle, intensity and, in most files, attenuator.
struct Rows {
  std::vector<double> angle_deg, intensity, attenuator;
  std::vector<std::size_t> line;
  std::size_t columns = 0;
};

double number_or_zero(std::string_view text) {
  double value = 0.0;
  return parse_number(trimmed(text), value) && std::isfinite(value) ? value : 0.0;
}

bool moves_two_theta(const std::string& axis) {
  const std::string low = lower_case(axis);
  const bool greek = low.size() > 2 && low[0] == '2' && static_cast<unsigned char>(low[1]) >= 0x80;
  return low.empty() || greek || low.find("twotheta") != std::string::npos ||
         low.find("2theta") != std::string::npos || low.find("2-theta") != std::string::npos;
}

/// Seconds a point was counted: step over speed where the goniometer moves, else the speed itself.
double step_time_s(const Conditions& conditions) {
  const std::string unit = lower_case(conditions.speed_unit);
  if (!(conditions.speed > 0.0)) return 0.0;
  if (unit == "deg/min" || unit == "deg./min." || unit.empty()) {
    const bool moving = lower_case(conditions.mode).find("cont") != std::string::npos;
    return moving ? conditions.step_deg / conditions.speed * 60.0 : 0.0;
  }
  return unit == "sec" || unit == "sec." || unit == "s" ? conditions.speed : 0.0;
}

void add_row(Rows& rows, std::string_view line, const std::string& place, std::size_t number) {
  double value[3] = {0.0, 0.0, 0.0};
  std::size_t columns = 0, at = 0;
  while (true) {
    at = line.find_first_not_of(" \t,", at);
    if (at == std::string_view::npos) break;
    const std::size_t end = std::min(line.find_first_of(" \t,", at), line.size());
    if (columns == 3 || !parse_number(line.substr(at, end - at), value[columns])) {
      throw Error("E-XRD-003",
                  fmt::format("\"{}\" is no row of two or three numbers", line.substr(0, 60)),
                  place, "mend the line or export again");
    }
    ++columns;
    at = end;
  }
  if (columns < 2 || (rows.columns != 0 && columns != rows.columns)) {
    throw Error("E-XRD-003",
                fmt::format("{} numbers where {} are needed", columns,
                            rows.columns == 0 ? 2 : rows.columns),
                place, "complete or remove the line");
  }
  rows.columns = columns;
  rows.angle_deg.push_back(value[0]);
  rows.intensity.push_back(value[1]);
  if (columns == 3) rows.attenuator.push_back(value[2]);
  rows.line.push_back(number);
}

/// Whether intensities are stored with the attenuator undone: the reading without jumps where the
/// factor changes. A factor that never changes: whole counts after the division tell.
bool attenuation_applied(const Rows& rows) {
  const auto& y = rows.intensity;
  const auto& f = rows.attenuator;
  double jump_if_applied = 0.0, jump_if_not = 0.0;
  for (std::size_t i = 1; i < y.size(); ++i) {
    if (f[i] == f[i - 1]) continue;
    const double a = std::max(y[i - 1], 0.0) + 1.0, b = std::max(y[i], 0.0) + 1.0;
    jump_if_applied += std::abs(std::log(b / a));
    jump_if_not += std::abs(std::log(b * f[i] / (a * f[i - 1])));
  }
  if (jump_if_applied != jump_if_not) return jump_if_applied < jump_if_not;
  return std::all_of(y.begin(), y.end(), [&](double value) {
    const double detected = value / f.front();
    return std::abs(detected - std::round(detected)) < 1e-3;
  });
}

Pattern make_pattern(Rows& rows, const Conditions& conditions, const std::string& reader,
                     const std::string& file) {
  Pattern pattern;
  pattern.file = file;
  pattern.reader = reader;
  pattern.two_theta_deg = std::move(rows.angle_deg);
  pattern.counts = rows.intensity;
  pattern.step_time_s = step_time_s(conditions);
  TubeLines lines = conditions.lines;
  const std::string wave = lower_case(conditions.wave_type);
  if (wave == "ka1") lines.alpha2 = 0.0;  // a monochromator took K-alpha2 away
  if (wave.substr(0, 2) == "kb") lines.used = lines.beta;
  set_wavelengths(pattern, lines);

  // Factors of 0 throughout mean that no attenuator is mounted.
  const bool mounted = std::any_of(rows.attenuator.begin(), rows.attenuator.end(),
                                   [](double factor) { return factor != 0.0; });
  const bool attenuated = mounted && std::any_of(rows.attenuator.begin(), rows.attenuator.end(),
                                                 [](double factor) { return factor != 1.0; });
  const bool rates = lower_case(conditions.intensity_unit).find("cps") != std::string::npos;
  if (attenuated) {
    const bool positive = std::all_of(rows.attenuator.begin(), rows.attenuator.end(),
                                      [](double f) { return std::isfinite(f) && f > 0.0; });
    const bool applied = positive && attenuation_applied(rows);
    undo_attenuation(pattern, rows.attenuator, applied);
    pattern.warnings.push_back(
        {"W-XRD-008",
         fmt::format("attenuator in the beam in {}: intensities taken as {} by the factor, which "
                     "is the smoother reading",
                     file, applied ? "multiplied already" : "detected, and multiplied")});
    if (rates && !pattern.sigma.empty()) withhold_sigma(pattern, "are attenuated rates");
  } else if (rates) {
    sigma_of_rates(pattern);
  }
  finish_pattern(pattern, rows.line, true, structured_least_points);
  return pattern;
}

/// Text between the quotes of "*KEY "value"", or the rest of the line.
std::string_view header_value(std::string_view line) {
  const std::size_t blank = line.find_first_of(" \t");
  if (blank == std::string_view::npos) return {};
  std::string_view value = trimmed(line.substr(blank));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  return value;
}

void set_condition(Conditions& conditions, std::string_view key, std::string_view value) {
  if (key == "*HW_XG_WAVE_LENGTH_ALPHA1") conditions.lines.alpha1 = number_or_zero(value);
  if (key == "*HW_XG_WAVE_LENGTH_ALPHA2") conditions.lines.alpha2 = number_or_zero(value);
  if (key == "*HW_XG_WAVE_LENGTH_BETA") conditions.lines.beta = number_or_zero(value);
  if (key == "*MEAS_COND_XG_WAVE_TYPE") conditions.wave_type = value;
  if (key == "*MEAS_SCAN_AXIS_X_INTERNAL") conditions.axis = value;
  if (key == "*MEAS_SCAN_AXIS_X" && conditions.axis.empty()) conditions.axis = value;
  if (key == "*MEAS_SCAN_UNIT_Y") conditions.intensity_unit = value;
  if (key == "*MEAS_SCAN_MODE") conditions.mode = value;
  if (key == "*MEAS_SCAN_STEP") conditions.step_deg = number_or_zero(value);
  if (key == "*MEAS_SCAN_SPEED") conditions.speed = number_or_zero(value);
  if (key == "*MEAS_SCAN_SPEED_UNIT") conditions.speed_unit = value;
}

Conditions read_conditions_xml(const std::string& xml, const std::string& place) {
  pugi::xml_document document;
  const auto parsed = document.load_buffer(xml.data(), xml.size());
  if (!parsed) {
    throw Error("E-XRD-011", fmt::format("damaged XML ({})", parsed.description()), place,
                "copy or export the file again");
  }
  const auto root = document.document_element();
  const auto tube = root.child("HWConfigurations").child("XrayGenerator");
  const auto scan = root.child("ScanInformation");
  Conditions conditions;
  conditions.lines.alpha1 = number_or_zero(tube.child_value("WavelengthKalpha1"));
  conditions.lines.alpha2 = number_or_zero(tube.child_value("WavelengthKalpha2"));
  conditions.lines.beta = number_or_zero(tube.child_value("WavelengthKbeta"));
  conditions.wave_type = tube.child_value("WaveType");
  conditions.axis = scan.child_value("AxisName");
  conditions.intensity_unit = scan.child_value("IntensityUnit");
  conditions.mode = scan.child_value("Mode");
  conditions.step_deg = number_or_zero(scan.child_value("Step"));
  conditions.speed = number_or_zero(scan.child_value("Speed"));
  conditions.speed_unit = scan.child_value("SpeedUnit");
  return conditions;
}

}  // namespace

std::vector<Pattern> parse_ras(std::string_view bytes, const std::string& file) {
  const auto lines = split_lines(bytes);
  std::vector<Pattern> patterns;
  std::vector<std::string> left_out;
  Conditions conditions;
  Rows rows;
  bool in_data = false;
  std::size_t begun = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = trimmed(lines[i]);
    if (line.empty()) continue;
    if (line[0] != '*') {
      if (in_data) {
        add_row(rows, line, at_line(file, i + 1), i + 1);
      } else if (begun > 0 || !patterns.empty()) {
        throw Error("E-XRD-003", fmt::format("\"{}\" outside of a data block", line.substr(0, 40)),
                    at_line(file, i + 1), "export the file again");
      }
      continue;
    }
    const std::string_view key = line.substr(0, line.find_first_of(" \t"));
    if (key == "*RAS_HEADER_START") {
      conditions = {};
    } else if (key == "*RAS_INT_START") {
      in_data = true;
      begun = i + 1;
      rows = {};
    } else if (key == "*RAS_INT_END" && in_data) {
      in_data = false;
      if (moves_two_theta(conditions.axis)) {
        patterns.push_back(make_pattern(rows, conditions, "RAS", file));
      } else {
        left_out.push_back(fmt::format("scan over \"{}\", not 2theta, in {}",
                                       conditions.axis.substr(0, 30), at_line(file, begun)));
      }
    } else if (!in_data) {
      set_condition(conditions, key, header_value(line));
    }
  }
  if (in_data) {
    throw Error("E-XRD-013", "the data block is not closed by *RAS_INT_END", at_line(file, begun),
                "the file may be cut off: copy or export it again");
  }
  warn_of_left_out(patterns, left_out, file);
  return patterns;
}

std::vector<Pattern> parse_rasx(std::string_view bytes, const std::string& file) {
  ZipArchive archive(bytes, file);
  std::vector<Pattern> patterns;
  std::vector<std::string> left_out;
  // Scans by their number, Data2 before Data10.
  std::map<std::pair<std::size_t, std::string>, std::string> profiles;
  for (const std::string& name : archive.names()) {
    const std::size_t base = name.rfind('/') + 1;  // 0 without a folder
    if (name.compare(base, 7, "Profile") == 0 && name.ends_with(".txt")) {
      profiles[{name.size(), name}] = name.substr(0, base);
    }
  }
  if (profiles.size() > 10'000) {
    throw Error("E-XRD-003", fmt::format("{} profiles", profiles.size()), file, "split the file");
  }
  for (const auto& [key, folder] : profiles) {
    const std::string& member = key.second;
    const std::string place = file + "/" + member;
    Conditions conditions;
    for (const std::string& name : archive.names()) {
      if (name.compare(0, folder.size(), folder) == 0 && name.ends_with(".xml") &&
          name.find("Conditions", folder.size()) != std::string::npos) {
        conditions = read_conditions_xml(archive.read(name), file + "/" + name);
        break;
      }
    }
    if (!moves_two_theta(conditions.axis)) {
      left_out.push_back(
          fmt::format("scan over \"{}\", not 2theta, in {}", conditions.axis.substr(0, 30), place));
      continue;
    }
    const std::string text = archive.read(member);
    const auto lines = split_lines(text);
    Rows rows;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::string_view line = trimmed(lines[i]);
      if (!line.empty()) add_row(rows, line, at_line(place, i + 1), i + 1);
    }
    rows.line.clear();  // a line of a member is no line of the file
    patterns.push_back(make_pattern(rows, conditions, "RASX " + member, file));
  }
  warn_of_left_out(patterns, left_out, file);
  return patterns;
}

}  // namespace gadolin::io
