#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "io/readers/pattern_formats.hpp"
#include "models/core/error.hpp"

namespace gadolin::io {

using diffraction::Pattern;

namespace {

/// Name without a namespace prefix.
std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node child(const pugi::xml_node& parent, std::string_view name) {
  for (const auto& node : parent.children()) {
    if (local_name(node) == name) return node;
  }
  return {};
}

/// Line of a byte offset, 1-based.
std::size_t line_at(std::string_view bytes, std::ptrdiff_t offset) {
  if (offset < 0) return 1;
  const auto end = bytes.begin() + std::min<std::ptrdiff_t>(offset, bytes.size());
  return 1 + static_cast<std::size_t>(std::count(bytes.begin(), end, '\n'));
}

std::vector<double> numbers(std::string_view text, const std::string& what,
                            const std::string& where) {
  std::vector<double> values;
  std::size_t at = 0;
  while (true) {
    at = text.find_first_not_of(" \t\r\n", at);
    if (at == std::string_view::npos) return values;
    const std::size_t end = std::min(text.find_first_of(" \t\r\n", at), text.size());
    double value = 0.0;
    if (!parse_number(text.substr(at, end - at), value)) {
      throw Error("E-XRD-003",
                  fmt::format("\"{}\" is no number (value {} of {})",
                              text.substr(at, std::min<std::size_t>(end - at, 20)),
                              values.size() + 1, what),
                  where, "export the measurement again");
    }
    values.push_back(value);
    at = end;
  }
}

double number(const pugi::xml_node& node, const std::string& where) {
  const auto values = numbers(node.child_value(), std::string(local_name(node)), where);
  if (values.size() != 1 || !std::isfinite(values[0])) {
    throw Error("E-XRD-003", fmt::format("<{}> holds no single number", local_name(node)), where,
                "export the measurement again");
  }
  return values[0];
}

struct Scan {
  std::string_view bytes;
  const std::string& file;
  std::string version;

  std::string place(const pugi::xml_node& node) const {
    return at_line(file, line_at(bytes, node.offset_debug()));
  }

  void read_wavelength(const pugi::xml_node& measurement, Pattern& pattern) const {
    const auto used = child(measurement, "usedWavelength");
    if (!used) return;
    const auto length = [&](const char* name) {
      const auto node = child(used, name);
      if (!node || !*node.child_value()) return 0.0;
      const std::string_view unit = node.attribute("unit").as_string("Angstrom");
      const double value = number(node, place(node));
      const double factor = unit == "nm" ? 10.0 : 1.0;
      return value * factor;
    };
    const double alpha1 = length("kAlpha1"), alpha2 = length("kAlpha2");
    const std::string_view intended = used.attribute("intended").as_string();
    if (intended == "K-Beta") {
      if (const double beta = length("kBeta"); beta > 0.0) pattern.wavelength_angstrom = {beta};
      return;
    }
    if (alpha1 > 0.0) pattern.wavelength_angstrom.push_back(alpha1);
    if (alpha1 > 0.0 && alpha2 > 0.0) {
      pattern.wavelength_angstrom.push_back(alpha2);
      const auto ratio = child(used, "ratioKAlpha2KAlpha1");
      if (ratio && *ratio.child_value()) pattern.kalpha2_ratio = number(ratio, place(ratio));
      if (pattern.kalpha2_ratio < 0.0 || pattern.kalpha2_ratio > 1.0) {
        throw Error("E-XRD-003",
                    fmt::format("K-alpha2 ratio is {} (expected 0 to 1)", pattern.kalpha2_ratio),
                    place(ratio), "correct ratioKAlpha2KAlpha1");
      }
    }
  }

  /// Angles of the points; empty if 2theta does not move.
  std::vector<double> angles(const pugi::xml_node& points, std::size_t count) const {
    for (const auto& node : points.children()) {
      if (local_name(node) != "positions") continue;
      if (std::strcmp(node.attribute("axis").as_string(), "2Theta") != 0) continue;
      if (const auto list = child(node, "listPositions")) {
        auto values = numbers(list.child_value(), "listPositions", place(list));
        if (values.size() != count) {
          throw Error("E-XRD-014",
                      fmt::format("{} positions for {} intensities", values.size(), count),
                      place(list), "export the measurement again");
        }
        return values;
      }
      const auto start = child(node, "startPosition"), end = child(node, "endPosition");
      if (!start || !end) return {};
      const double first = number(start, place(start)), last = number(end, place(end));
      if (!(last > first)) return {};
      std::vector<double> values(count);
      const double step = count > 1 ? (last - first) / static_cast<double>(count - 1) : 0.0;
      for (std::size_t i = 0; i < count; ++i) values[i] = first + step * static_cast<double>(i);
      return values;
    }
    return {};
  }

  /// One value per point from a list, or nothing; the list's length must fit.
  std::vector<double> per_point(const pugi::xml_node& points, const char* name,
                                std::size_t count) const {
    const auto node = child(points, name);
    if (!node) return {};
    auto values = numbers(node.child_value(), name, place(node));
    const bool positive = std::all_of(values.begin(), values.end(), [](double value) {
      return std::isfinite(value) && value > 0.0;
    });
    if (values.size() != count || !positive) {
      throw Error(
          "E-XRD-014",
          fmt::format("<{}> needs {} positive numbers (found {})", name, count, values.size()),
          place(node), "export the measurement again");
    }
    return values;
  }

  /// False if this is no scan over 2theta.
  bool read(const pugi::xml_node& measurement, const pugi::xml_node& scan, Pattern& pattern) const {
    const auto points = child(scan, "dataPoints");
    const bool raw_counts = static_cast<bool>(child(points, "counts"));
    const auto data = child(points, raw_counts ? "counts" : "intensities");
    if (!data) return false;
    pattern.file = file;
    pattern.reader = "xrdml " + version;
    auto& y = pattern.counts;
    y = numbers(data.child_value(), std::string(local_name(data)), place(data));
    pattern.two_theta_deg = angles(points, y.size());
    if (pattern.two_theta_deg.empty()) return false;
    read_wavelength(measurement, pattern);

    // <counts> are as detected, <intensities> have the attenuator undone already; the variance of
    // both goes back through the factor.
    const auto factor = per_point(points, "beamAttenuationFactors", y.size());
    const bool attenuated =
        std::any_of(factor.begin(), factor.end(), [](double value) { return value != 1.0; });
    if (attenuated) {
      pattern.sigma.resize(y.size());
      for (std::size_t i = 0; i < y.size(); ++i) {
        const double detected = raw_counts ? y[i] : y[i] / factor[i];
        if (raw_counts) y[i] *= factor[i];
        pattern.sigma[i] = std::sqrt(std::max(detected, 1.0)) * factor[i];
      }
    }
    const auto times = per_point(points, "countingTimes", y.size());
    if (!times.empty()) equalise_times(pattern, times);
    const std::string_view unit = data.attribute("unit").as_string("counts");
    if (const auto common = child(points, "commonCountingTime"); common && times.empty()) {
      const double time = number(common, place(common));
      if (time > 0.0 && time < 1e7) pattern.step_time_s = time;
    }
    if (unit != "counts") {
      const double time = pattern.step_time_s;
      if (unit == "cps" && time > 0.0 && pattern.sigma.empty()) {
        for (double& value : y) {
          value *= time;
          if (std::abs(value - std::round(value)) < 1e-3 * std::max(1.0, std::sqrt(value))) {
            value = std::round(value);
          }
        }
      } else if (unit == "cps" && pattern.sigma.empty()) {
        withhold_sigma(pattern, "are rates and the counting time is not stated");
      } else if (unit != "cps") {
        throw Error("E-XRD-003",
                    fmt::format("unit of <{}> is \"{}\" (expected counts or cps)", local_name(data),
                                unit.substr(0, 30)),
                    place(data), "export with counts");
      }
    }
    const std::string_view status = scan.attribute("status").as_string("Completed");
    if (status != "Completed") {
      pattern.warnings.push_back(
          {"W-XRD-005", fmt::format("scan status is \"{}\", not Completed, in {}",
                                    status.substr(0, 30), place(scan))});
    }
    std::vector<std::size_t> lines(y.size(), line_at(bytes, data.offset_debug()));
    finish_pattern(pattern, lines, true, structured_least_points);
    return true;
  }
};

}  // namespace

std::vector<Pattern> parse_xrdml(std::string_view bytes, const std::string& file) {
  pugi::xml_document document;
  const auto parsed = document.load_buffer(bytes.data(), bytes.size());
  if (!parsed) {
    throw Error("E-XRD-011", fmt::format("damaged XML ({})", parsed.description()),
                at_line(file, line_at(bytes, parsed.offset)),
                "the file may be cut off: copy or export it again");
  }
  const auto root = child(document, "xrdMeasurements");
  if (!root) {
    throw Error("E-XRD-011", "no <xrdMeasurements>", file, "export as PANalytical XRDML");
  }
  std::string version = "of no stated version";
  for (const auto& attribute : root.attributes()) {
    const std::string_view value = attribute.value();
    const std::size_t slash = value.rfind('/');
    if (std::string_view(attribute.name()).substr(0, 5) == "xmlns" &&
        value.find("XRDMeasurement/") != std::string_view::npos && value.size() - slash < 12) {
      version = value.substr(slash + 1);
    }
  }
  const Scan reader{bytes, file, version};
  std::vector<Pattern> patterns;
  std::vector<std::string> left_out;
  for (const auto& measurement : root.children()) {
    if (local_name(measurement) != "xrdMeasurement") continue;
    for (const auto& scan : measurement.children()) {
      if (local_name(scan) != "scan") continue;
      Pattern pattern;
      if (reader.read(measurement, scan, pattern)) {
        patterns.push_back(std::move(pattern));
      } else {
        left_out.push_back(
            fmt::format("scan over \"{}\" in {}",
                        std::string_view(scan.attribute("scanAxis").as_string("?")).substr(0, 30),
                        reader.place(scan)));
      }
    }
  }
  if (patterns.empty()) {
    throw Error("E-XRD-012",
                left_out.empty() ? std::string("no scan in the file")
                                 : fmt::format("no scan over 2theta ({})", left_out.front()),
                file, "give a powder scan (Gonio or 2Theta axis)");
  }
  for (const auto& text : left_out) {
    patterns.front().warnings.push_back({"W-XRD-006", text + " left out: 2theta does not move"});
  }
  return patterns;
}

}  // namespace gadolin::io
