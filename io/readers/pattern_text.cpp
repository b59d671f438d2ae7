#include <algorithm>
#include <cctype>
#include <cmath>

#include <fmt/format.h>

#include "io/readers/pattern_formats.hpp"
#include "models/core/error.hpp"

namespace gadolin::io {

using diffraction::Pattern;

namespace {

/// How numbers of a file are written.
struct Dialect {
  bool comma_separates = false;
  bool comma_is_decimal = false;
};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\v' || c == '\f'; }

std::string_view strip(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Tokens of a line; quotes around a token are removed.
std::vector<std::string_view> tokens_of(std::string_view line, bool comma_separates) {
  std::vector<std::string_view> tokens;
  std::size_t at = 0;
  const auto separates = [&](char c) {
    return is_blank(c) || c == ';' || (comma_separates && c == ',');
  };
  while (at < line.size()) {
    while (at < line.size() && separates(line[at])) ++at;
    std::size_t end = at;
    while (end < line.size() && !separates(line[end])) ++end;
    if (end > at) {
      std::string_view token = line.substr(at, end - at);
      if (token.size() >= 2 && token.front() == '"' && token.back() == '"') {
        token = token.substr(1, token.size() - 2);
      }
      tokens.push_back(token);
    }
    at = end;
  }
  return tokens;
}

bool token_number(std::string_view token, const Dialect& dialect, double& value) {
  if (dialect.comma_is_decimal && token.find(',') != std::string_view::npos) {
    if (token.size() > 40) return false;
    std::string copy(token);
    if (std::count(copy.begin(), copy.end(), ',') > 1 || copy.find('.') != std::string::npos) {
      return false;
    }
    copy[copy.find(',')] = '.';
    return parse_number(copy, value);
  }
  return parse_number(token, value);
}

/// Every token a number; empty if not.
std::vector<double> numbers_of(std::string_view line, const Dialect& dialect) {
  std::vector<double> values;
  for (const auto token : tokens_of(line, dialect.comma_separates)) {
    double value = 0.0;
    if (!token_number(token, dialect, value)) return {};
    values.push_back(value);
  }
  return values;
}

bool is_comment(std::string_view line) {
  const std::string_view text = strip(line);
  return text.empty() || text[0] == '#' || text[0] == '!' || text[0] == '\'' || text[0] == '*' ||
         text[0] == '%' || text[0] == '/' || text[0] == '@' || text[0] == ';';
}

/// Decides what a comma means, from the lines that begin like numbers.
Dialect find_dialect(const std::vector<std::string_view>& lines, const std::string& file) {
  Dialect dialect;
  int seen = 0;
  for (std::size_t i = 0; i < lines.size() && seen < 200; ++i) {
    const std::string_view line = strip(lines[i]);
    if (is_comment(line) || line.find(',') == std::string_view::npos) continue;
    const char c = line[0] == '"' && line.size() > 1 ? line[1] : line[0];
    if (!std::isdigit(static_cast<unsigned char>(c)) && c != '-' && c != '+' && c != '.') continue;
    const auto tokens = tokens_of(line, false);
    const bool attached = std::any_of(tokens.begin(), tokens.end(), [](std::string_view token) {
      return !token.empty() &&
             (token.back() == ',' || token.front() == ',' || token.find("\",") != token.npos);
    });
    if (tokens.size() < 2 || attached) {
      const auto parts = tokens_of(line, true);
      const bool points = line.find('.') != std::string_view::npos;
      if (parts.size() == 4 && !points && line.find(' ') == std::string_view::npos) {
        throw Error(
            "E-XRD-004",
            fmt::format("\"{}\": commas both between and inside numbers?", line.substr(0, 40)),
            at_line(file, i + 1), "export with decimal points, or with ; between columns");
      }
      dialect.comma_separates = true;
    } else {
      dialect.comma_is_decimal = true;
    }
    ++seen;
    if (dialect.comma_separates && dialect.comma_is_decimal) {
      throw Error("E-XRD-004", "commas stand between numbers in some lines and inside in others",
                  at_line(file, i + 1), "export with decimal points, or with ; between columns");
    }
  }
  return dialect;
}

/// "start step stop" followed by as many intensities as they say, in rows of any length.
bool try_start_step_stop(const std::vector<std::string_view>& lines, std::size_t first,
                         const Dialect& dialect, Pattern& pattern,
                         std::vector<std::size_t>& line_of_point) {
  const auto tokens = tokens_of(lines[first], dialect.comma_separates);
  if (tokens.size() < 3) return false;
  double start = 0.0, step = 0.0, stop = 0.0;
  if (!token_number(tokens[0], dialect, start) || !token_number(tokens[1], dialect, step) ||
      !token_number(tokens[2], dialect, stop)) {
    return false;
  }
  if (!(step > 1e-5 && step < 5.0 && stop > start && stop <= 360.0 && start > -180.0)) return false;
  const double expected = (stop - start) / step + 1.0;
  if (std::abs(expected - std::round(expected)) > 0.05 || expected > 5e6) return false;
  const auto points = static_cast<std::size_t>(std::llround(expected));
  std::vector<double> values;
  std::vector<std::size_t> where;
  std::size_t widest = 0;
  for (std::size_t i = first + 1; i < lines.size(); ++i) {
    if (is_comment(lines[i])) continue;
    const auto row = numbers_of(lines[i], dialect);
    if (row.empty()) return false;
    widest = std::max(widest, row.size());
    for (const double value : row) {
      values.push_back(value);
      where.push_back(i + 1);
    }
    if (values.size() > points) return false;
  }
  if (values.size() != points || widest > 64) return false;
  pattern.counts = std::move(values);
  line_of_point = std::move(where);
  pattern.two_theta_deg.resize(points);
  for (std::size_t i = 0; i < points; ++i) {
    pattern.two_theta_deg[i] = start + step * static_cast<double>(i);
  }
  return true;
}

/// First line of the data: three lines in a row (or all there are) with equally many numbers.
std::size_t find_first_row(const std::vector<std::string_view>& lines, const Dialect& dialect) {
  std::size_t candidate = lines.size(), width = 0, run = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (is_comment(lines[i])) continue;
    const std::size_t count = numbers_of(lines[i], dialect).size();
    if (count == 0) {
      run = 0;
      width = 0;
      continue;
    }
    if (count != width) {
      candidate = i;
      width = count;
      run = 0;
    }
    if (++run == 3) return candidate;
  }
  return run > 0 ? candidate : lines.size();
}

}  // namespace

std::vector<Pattern> parse_two_column_text(std::string_view bytes, const std::string& file) {
  const auto lines = split_lines(bytes);
  const Dialect dialect = find_dialect(lines, file);
  Pattern pattern;
  pattern.file = file;
  pattern.reader = "two-column text";
  std::vector<std::size_t> line_of_point;

  // A "start step stop" line is the first line that begins with three numbers.
  for (std::size_t i = 0, numeric = 0; i < lines.size() && i < 60 && numeric < 1; ++i) {
    if (is_comment(lines[i])) continue;
    const auto tokens = tokens_of(lines[i], dialect.comma_separates);
    double value = 0.0;
    if (tokens.empty() || !token_number(tokens[0], dialect, value)) continue;
    ++numeric;
    if (try_start_step_stop(lines, i, dialect, pattern, line_of_point)) {
      pattern.reader = "start-step-stop text";
      finish_pattern(pattern, line_of_point, true);
      return {pattern};
    }
  }

  const std::size_t first = find_first_row(lines, dialect);
  if (first == lines.size()) {
    throw Error("E-XRD-003", "no rows of numbers", file,
                "give two columns, 2theta in degrees and counts");
  }
  for (std::size_t i = 0; i < first; ++i) {
    if (const double wavelength = wavelength_in_text(lines[i]); wavelength > 0.0) {
      pattern.wavelength_angstrom = {wavelength};
    }
    const auto tokens = tokens_of(lines[i], dialect.comma_separates);
    double value = 0.0;
    if (!is_comment(lines[i]) && tokens.size() >= 2 && token_number(tokens[0], dialect, value) &&
        pattern.warnings.size() < 5) {
      pattern.warnings.push_back(
          {"W-XRD-007", fmt::format("line skipped before the data: \"{}\" in {}",
                                    lines[i].substr(0, 60), at_line(file, i + 1))});
    }
  }
  const std::size_t columns = numbers_of(lines[first], dialect).size();
  if (columns == 1) {
    throw Error("E-XRD-002", "one number per line: the angles are missing",
                at_line(file, first + 1),
                "give two columns, 2theta in degrees and counts, or a start step stop line first");
  }
  std::vector<double> third;
  std::size_t footer = 0;
  for (std::size_t i = first; i < lines.size(); ++i) {
    if (is_comment(lines[i])) continue;
    const auto row = numbers_of(lines[i], dialect);
    if (row.empty()) {
      if (footer == 0) footer = i + 1;
      continue;
    }
    if (footer != 0) {
      throw Error(
          "E-XRD-003",
          fmt::format("\"{}\" is no row of numbers", strip(lines[footer - 1]).substr(0, 60)),
          at_line(file, footer), "remove the line, or split the file into one per scan");
    }
    if (row.size() != columns) {
      throw Error("E-XRD-003",
                  fmt::format("{} numbers where other lines have {}", row.size(), columns),
                  at_line(file, i + 1), "complete or remove the line");
    }
    pattern.two_theta_deg.push_back(row[0]);
    pattern.counts.push_back(row[1]);
    if (columns >= 3) third.push_back(row[2]);
    line_of_point.push_back(i + 1);
  }
  if (footer != 0) {
    // Text after the last row; but a row that begins with a number was meant as data.
    const std::string_view text = strip(lines[footer - 1]);
    if (std::isdigit(static_cast<unsigned char>(text[0])) || text[0] == '-' || text[0] == '.') {
      throw Error(
          "E-XRD-003",
          fmt::format("\"{}\" is no row of numbers", strip(lines[footer - 1]).substr(0, 60)),
          at_line(file, footer), "complete or remove the line");
    }
    pattern.warnings.push_back(
        {"W-XRD-004", fmt::format("text after the data ignored, from {}", at_line(file, footer))});
  }
  if (columns == 3) {
    const bool constant = std::all_of(third.begin(), third.end(),
                                      [&](double value) { return value == third.front(); });
    if (constant) {
      pattern.warnings.push_back(
          {"W-XRD-003", fmt::format("column 3 is {} in every row of {}: not taken as the standard "
                                    "uncertainty",
                                    third.front(), file)});
    } else {
      pattern.sigma = std::move(third);
    }
  } else if (columns > 3) {
    pattern.warnings.push_back(
        {"W-XRD-003", fmt::format("{} columns in {}: the first two are taken as angle and counts, "
                                  "the others ignored",
                                  columns, file)});
  }
  finish_pattern(pattern, line_of_point, true);
  return {pattern};
}

}  // namespace gadolin::io
