#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "io/readers/pattern_formats.hpp"
#include "models/core/error.hpp"

// What the readers of patterns share: text, wavelengths, uncertainty, and the last check.
namespace gadolin::io {

using diffraction::Pattern;

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

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string lower_case(std::string_view text) {
  std::string copy(text);
  for (char& c : copy) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return copy;
}

namespace {

/// Bytes of the UTF-8 character at the front; 0 if it is none, or one that must not be shown.
std::size_t shown_bytes(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7F ? 1 : 0;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool control = first == 0xC2 && byte(1) < 0xA0;
  const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  const bool outside = (first == 0xED && byte(1) >= 0xA0) || (first == 0xF4 && byte(1) >= 0x90);
  return control || overlong || outside ? 0 : length;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const std::size_t length = shown_bytes(text);
    if (length == 0) {
      shown += text[0] == '\t' ? ' ' : '?';
    } else {
      shown += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return shown;
}

std::string at_line(const std::string& file, std::size_t line) {
  return fmt::format("{}:{}", file, line);
}

double wavelength_in_text(std::string_view line) {
  const std::string low = lower_case(line.substr(0, 400));
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

void set_wavelengths(Pattern& pattern, const TubeLines& lines) {
  const auto stated = [](double value) { return value > 0.05 && value < 5.0; };
  const auto same = [](double a, double b) { return std::abs(a - b) < 2e-4; };
  const double used = stated(lines.used) ? lines.used : 0.0;
  const bool doublet_used = used == 0.0 || same(used, lines.alpha1) || same(used, lines.average);
  pattern.wavelength_angstrom.clear();
  pattern.kalpha2_ratio = 0.0;
  if (stated(lines.alpha1) && doublet_used) {
    pattern.wavelength_angstrom.push_back(lines.alpha1);
    if (stated(lines.alpha2) && lines.alpha2 > lines.alpha1) {
      pattern.wavelength_angstrom.push_back(lines.alpha2);
      if (lines.ratio > 0.0 && lines.ratio <= 1.0) pattern.kalpha2_ratio = lines.ratio;
    }
  } else if (used > 0.0) {
    pattern.wavelength_angstrom.push_back(used);
  } else if (stated(lines.average)) {
    pattern.wavelength_angstrom.push_back(lines.average);
  }
}

namespace {

/// Nearest whole number, or NaN where the value is none by more than rounding of a printed decimal.
double as_count(double value) {
  const double whole = std::round(value);
  return std::abs(value - whole) <= 1e-6 * std::max(1.0, std::abs(value)) + 1e-3 ? whole : NAN;
}

void require_positive(const Pattern& pattern, std::span<const double> values, const char* what) {
  const bool positive = std::all_of(values.begin(), values.end(), [](double value) {
    return std::isfinite(value) && value > 0.0;
  });
  if (values.size() != pattern.counts.size() || !positive) {
    throw Error("E-XRD-014",
                fmt::format("{} points need as many positive {} (found {})", pattern.counts.size(),
                            what, values.size()),
                pattern.file, "export the measurement again");
  }
}

}  // namespace

void undo_attenuation(Pattern& pattern, std::span<const double> factor, bool applied) {
  require_positive(pattern, factor, "attenuation factors");
  if (std::all_of(factor.begin(), factor.end(), [](double value) { return value == 1.0; })) return;
  auto& y = pattern.counts;
  std::vector<double> sigma(y.size());
  bool whole = true;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double detected = as_count(applied ? y[i] / factor[i] : y[i]);
    whole = whole && detected >= 0.0;  // false for NaN
    if (!applied) y[i] *= factor[i];
    sigma[i] = std::sqrt(std::max(detected, 1.0)) * factor[i];
  }
  if (whole) {
    pattern.sigma = std::move(sigma);
    pattern.counts_are_poisson = false;
  } else {
    withhold_sigma(pattern, "are no whole numbers times the attenuation");
  }
}

void equalise_times(Pattern& pattern, std::span<const double> time_s) {
  require_positive(pattern, time_s, "counting times");
  if (time_s.empty()) return;
  double mean = 0.0;
  for (const double time : time_s) mean += time / static_cast<double>(time_s.size());
  pattern.step_time_s = mean;
  const bool varied = std::any_of(time_s.begin(), time_s.end(),
                                  [&](double time) { return time != time_s.front(); });
  if (!varied) {
    pattern.step_time_s = time_s.front();
    return;
  }
  auto& y = pattern.counts;
  const bool with_sigma = !pattern.sigma.empty();
  const bool counts = with_sigma || std::all_of(y.begin(), y.end(), [](double value) {
                        return as_count(value) >= 0.0;
                      });
  if (counts && !with_sigma) pattern.sigma.resize(y.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (counts && !with_sigma) pattern.sigma[i] = std::sqrt(std::max(y[i], 1.0));
    y[i] *= mean / time_s[i];
    if (counts) pattern.sigma[i] *= mean / time_s[i];
  }
  if (!counts) withhold_sigma(pattern, "were counted for different times and are no whole numbers");
}

void withhold_sigma(Pattern& pattern, const std::string& why) {
  pattern.sigma.clear();
  pattern.counts_are_poisson = false;
  pattern.warnings.push_back(
      {"W-XRD-001", fmt::format("intensities in {} {}: no Poisson uncertainty - give raw counts or "
                                "a third column with sigma",
                                pattern.file, why)});
}

void sigma_of_rates(Pattern& pattern) {
  const double time = pattern.step_time_s;
  if (!(time > 0.0)) {
    withhold_sigma(pattern, "are rates and the counting time is not stated");
    return;
  }
  std::vector<double> sigma;
  sigma.reserve(pattern.counts.size());
  for (const double rate : pattern.counts) {
    const double counts = rate * time;
    const double whole = std::round(counts);
    if (!(std::abs(counts - whole) <= 0.02 * std::max(1.0, 1e-4 * counts)) || whole < 0.0) {
      withhold_sigma(pattern, "are rates, and times the counting time no whole numbers");
      return;
    }
    sigma.push_back(std::sqrt(std::max(whole, 1.0)) / time);
  }
  pattern.sigma = std::move(sigma);
  pattern.counts_are_poisson = false;
}

void warn_of_left_out(std::vector<Pattern>& patterns, const std::vector<std::string>& left_out,
                      const std::string& file) {
  if (patterns.empty()) {
    throw Error("E-XRD-012",
                left_out.empty() ? std::string("no scan in the file")
                                 : fmt::format("no scan to read ({})", left_out.front()),
                file, "give a powder scan (Gonio, coupled or 2theta axis)");
  }
  for (const auto& text : left_out) {
    patterns.front().warnings.push_back({"W-XRD-006", "left out: " + text});
  }
}

void finish_pattern(Pattern& pattern, const std::vector<std::size_t>& line_of_point,
                    bool expect_counts, std::size_t least_points) {
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
    if (s.empty() && y[i] < 0.0 && pattern.counts_are_poisson) {
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
    const bool said_before = !pattern.counts_are_poisson;
    pattern.counts_are_poisson = false;
    if (expect_counts && !said_before) {
      pattern.warnings.push_back(
          {"W-XRD-001",
           fmt::format("intensities in {} are not whole numbers: scaled data or rates, so no "
                       "Poisson uncertainty - give raw counts or a third column with sigma",
                       pattern.file)});
    }
  }
}

}  // namespace gadolin::io
