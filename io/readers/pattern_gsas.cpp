#include <algorithm>
#include <cctype>
#include <cmath>

#include <fmt/format.h>

#include "io/readers/pattern_formats.hpp"
#include "models/core/error.hpp"

namespace gadolin::io {

using diffraction::Pattern;

namespace {

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> list;
  std::size_t at = 0;
  while (at < line.size()) {
    while (at < line.size() && std::isspace(static_cast<unsigned char>(line[at]))) ++at;
    std::size_t end = at;
    while (end < line.size() && !std::isspace(static_cast<unsigned char>(line[end]))) ++end;
    if (end > at) list.push_back(line.substr(at, end - at));
    at = end;
  }
  return list;
}

/// What a BANK line says: "BANK 1 5753 576 CONST 1500 2 0 0 STD".
struct Bank {
  std::size_t points = 0;
  double start_deg = 0.0, step_deg = 0.0;
  std::string type;
};

Bank read_bank(std::string_view line, const std::string& where) {
  const auto list = words(line);
  const auto damaged = [&](const std::string& why) {
    return Error("E-XRD-003", fmt::format("damaged BANK line ({})", why), where,
                 "a bank reads: BANK number points records CONST start step 0 0 STD");
  };
  if (list.size() < 7) throw damaged("fewer than 7 words");
  const std::string_view binning = list[4];
  if (binning.substr(0, 4) != "CONS") {
    throw Error("E-FMT-014",
                fmt::format("GSAS bank with {} binning is recognised but not read here",
                            binning.substr(0, 20)),
                where, "only angle-dispersive CONST banks are read: export as .xye");
  }
  double points = 0.0, start = 0.0, step = 0.0;
  if (!parse_number(list[2], points) || !(points >= 1.0 && points <= 5e6) ||
      points != std::floor(points)) {
    throw damaged("number of points");
  }
  if (!parse_number(list[5], start) || !std::isfinite(start) || !parse_number(list[6], step) ||
      !(step > 0.0) || !std::isfinite(step)) {
    throw damaged("start or step");
  }
  Bank bank;
  bank.points = static_cast<std::size_t>(points);
  bank.start_deg = start / 100.0;
  bank.step_deg = step / 100.0;
  bank.type = list.size() >= 10 ? std::string(list[9]) : "STD";
  if (bank.type != "STD" && bank.type != "ESD" && bank.type != "FXYE" && bank.type != "FXY") {
    throw Error("E-FMT-014",
                fmt::format("GSAS records of type \"{}\" are recognised but not read here",
                            bank.type.substr(0, 20)),
                where, "export as STD, ESD, FXYE or .xye");
  }
  return bank;
}

bool field_number(std::string_view field, double& value) {
  while (!field.empty() && std::isspace(static_cast<unsigned char>(field.front()))) {
    field.remove_prefix(1);
  }
  while (!field.empty() && std::isspace(static_cast<unsigned char>(field.back()))) {
    field.remove_suffix(1);
  }
  return parse_number(field, value);
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t") == std::string_view::npos;
}

/// One bank; `at` is the line after the BANK line on entry, the first line not used on return.
Pattern read_points(const Bank& bank, const std::vector<std::string_view>& lines, std::size_t& at,
                    const std::string& file) {
  Pattern pattern;
  pattern.file = file;
  pattern.reader = "GSAS " + bank.type;
  std::vector<std::size_t> line_of_point;
  const bool free_form = bank.type == "FXYE" || bank.type == "FXY";
  bool counters = false;
  std::vector<double> counter_sigma;
  const auto unreadable = [&](std::string_view field) {
    return Error("E-XRD-003", fmt::format("\"{}\" is no number", field.substr(0, 30)),
                 at_line(file, at + 1), "mend the record or export again");
  };
  while (pattern.counts.size() < bank.points && at < lines.size()) {
    const std::string_view line = lines[at];
    if (line.substr(0, 5) == "BANK ") break;
    if (is_blank(line) || line[0] == '#') {
      ++at;
      continue;
    }
    if (free_form) {
      const auto list = words(line);
      const std::size_t needed = bank.type == "FXYE" ? 3 : 2;
      double value[3] = {0.0, 0.0, 0.0};
      for (std::size_t i = 0; i < needed; ++i) {
        if (i >= list.size() || !parse_number(list[i], value[i])) {
          throw unreadable(i < list.size() ? list[i] : line);
        }
      }
      pattern.two_theta_deg.push_back(value[0] / 100.0);
      pattern.counts.push_back(value[1]);
      if (needed == 3) pattern.sigma.push_back(value[2]);
      line_of_point.push_back(at + 1);
    } else if (line.find('\t') != std::string_view::npos) {
      throw Error("E-XRD-003", "a tab in a record of fixed columns", at_line(file, at + 1),
                  "export again without tabs");
    } else if (bank.type == "STD") {  // 10 x (I2 counters, F6.0 value)
      for (std::size_t column = 0; column < 80 && column < line.size(); column += 8) {
        if (pattern.counts.size() == bank.points) break;
        const std::string_view field = line.substr(column, 8);
        if (is_blank(field)) continue;
        double count = 1.0, value = 0.0;
        const std::string_view head = field.substr(0, 2);
        if (!is_blank(head)) {
          if (!field_number(head, count) || !(count >= 0.0)) throw unreadable(field);
          if (count == 0.0) count = 1.0;
          counters = counters || count != 1.0;
        }
        if (field.size() < 3 || !field_number(field.substr(2), value)) throw unreadable(field);
        pattern.counts.push_back(value);
        counter_sigma.push_back(std::sqrt(std::max(value, 1.0) / count));
        line_of_point.push_back(at + 1);
      }
    } else {  // ESD: 5 x (F8 value, F8 sigma)
      for (std::size_t column = 0; column < 80 && column < line.size(); column += 16) {
        if (pattern.counts.size() == bank.points) break;
        const std::string_view pair = line.substr(column, 16);
        if (is_blank(pair)) continue;
        double value = 0.0, sigma = 0.0;
        if (pair.size() < 9 || !field_number(pair.substr(0, 8), value) ||
            !field_number(pair.substr(8), sigma)) {
          throw unreadable(pair);
        }
        pattern.counts.push_back(value);
        pattern.sigma.push_back(sigma);
        line_of_point.push_back(at + 1);
      }
    }
    ++at;
  }
  if (pattern.counts.size() != bank.points) {
    throw Error(
        "E-XRD-013",
        fmt::format("the data end after {} of {} points", pattern.counts.size(), bank.points),
        at_line(file, std::min(at + 1, lines.size())),
        "the file may be cut off: copy or export it again");
  }
  if (!free_form) {
    pattern.two_theta_deg.resize(bank.points);
    for (std::size_t i = 0; i < bank.points; ++i) {
      pattern.two_theta_deg[i] = bank.start_deg + bank.step_deg * static_cast<double>(i);
    }
  }
  if (counters) pattern.sigma = std::move(counter_sigma);
  finish_pattern(pattern, line_of_point, true, structured_least_points);
  return pattern;
}

}  // namespace

std::vector<Pattern> parse_gsas(std::string_view bytes, const std::string& file) {
  const auto lines = split_lines(bytes);
  std::vector<Pattern> patterns;
  double wavelength = 0.0;
  std::size_t at = 0;
  while (at < lines.size()) {
    if (lines[at].substr(0, 5) != "BANK ") {
      if (const double found = wavelength_in_text(lines[at]); found > 0.0) wavelength = found;
      ++at;
      continue;
    }
    const Bank bank = read_bank(lines[at], at_line(file, at + 1));
    ++at;
    patterns.push_back(read_points(bank, lines, at, file));
    if (wavelength > 0.0) patterns.back().wavelength_angstrom = {wavelength};
    if (patterns.size() > 1000) {
      throw Error("E-XRD-003", "more than 1000 banks", at_line(file, at), "split the file");
    }
  }
  if (patterns.empty()) {
    throw Error("E-XRD-003", "no BANK line", file, "give GSAS powder data");
  }
  return patterns;
}

}  // namespace gadolin::io
