#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "io/readers/pattern_formats.hpp"
#include "models/core/error.hpp"

// A reader of the CIF syntax of its own: profiles of 1e5 rows need the line of each value for
// messages, which the reader of structures (gemmi) does not keep.
namespace gadolin::io {

using diffraction::Pattern;

namespace {

constexpr std::size_t max_file_bytes = std::size_t{64} << 20;

struct Token {
  std::string_view text;
  std::size_t line = 0;
  bool quoted = false;
};

class Lexer {
 public:
  explicit Lexer(std::string_view bytes, const std::string& file) : bytes_(bytes), file_(file) {
    if (bytes_.substr(0, 3) == "\xEF\xBB\xBF") at_ = 3;
  }

  bool next(Token& token) {
    skip_blank();
    if (at_ >= bytes_.size()) return false;
    token = {{}, line_, false};
    const char c = bytes_[at_];
    if (c == ';' && at_line_start()) return read_text_field(token);
    if (c == '\'' || c == '"') return read_quoted(token, c);
    const std::size_t end = std::min(bytes_.find_first_of(" \t\r\n\v\f", at_), bytes_.size());
    token.text = bytes_.substr(at_, end - at_);
    at_ = end;
    return true;
  }

 private:
  static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f';
  }
  bool at_line_start() const {
    return at_ == 0 || bytes_[at_ - 1] == '\n' || bytes_[at_ - 1] == '\r';
  }
  void skip_blank() {
    while (at_ < bytes_.size()) {
      const char c = bytes_[at_];
      if (c == '\n') ++line_;
      if (is_blank(c)) {
        ++at_;
      } else if (c == '#') {
        at_ = std::min(bytes_.find('\n', at_), bytes_.size());
      } else {
        return;
      }
    }
  }
  bool read_text_field(Token& token) {
    std::size_t end = bytes_.find("\n;", at_);
    if (end == std::string_view::npos) {
      throw Error("E-CIF-001", "a text field is not closed by \";\"", at_line(file_, line_),
                  "the file may be cut off: copy it again");
    }
    token.text = bytes_.substr(at_ + 1, end - at_ - 1);
    token.quoted = true;
    line_ += static_cast<std::size_t>(std::count(token.text.begin(), token.text.end(), '\n')) + 1;
    at_ = end + 2;
    return true;
  }
  bool read_quoted(Token& token, char quote) {
    std::size_t end = at_ + 1;
    while (end < bytes_.size() && bytes_[end] != '\n' &&
           !(bytes_[end] == quote && (end + 1 == bytes_.size() || is_blank(bytes_[end + 1])))) {
      ++end;
    }
    token.text = bytes_.substr(at_ + 1, end - at_ - 1);
    token.quoted = true;
    at_ = end < bytes_.size() && bytes_[end] == quote ? end + 1 : end;
    return true;
  }

  std::string_view bytes_;
  const std::string& file_;
  std::size_t at_ = 0, line_ = 1;
};

struct Loop {
  std::vector<std::string> tags;  ///< lower case
  std::vector<Token> values;

  std::size_t rows() const { return values.size() / tags.size(); }
  std::optional<std::size_t> column(std::string_view tag) const {
    const auto found = std::find(tags.begin(), tags.end(), tag);
    if (found == tags.end()) return std::nullopt;
    return static_cast<std::size_t>(found - tags.begin());
  }
  const Token& value(std::size_t row, std::size_t column) const {
    return values[row * tags.size() + column];
  }
};

struct Block {
  std::string name;
  std::map<std::string, Token> pairs;  ///< tags in lower case
  std::vector<Loop> loops;

  std::string_view text(const std::string& tag) const {
    const auto found = pairs.find(tag);
    return found == pairs.end() ? std::string_view{} : found->second.text;
  }
  double number(const std::string& tag) const;
};

/// "5540(160)" -> 5540 and 160; sigma is NaN without brackets. False for "." and "?" and text.
bool value_and_sigma(std::string_view text, double& value, double& sigma) {
  sigma = NAN;
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos) return parse_number(text, value);
  const std::size_t close = text.find(')', open);
  double digits = 0.0;
  if (close == std::string_view::npos || !parse_number(text.substr(0, open), value) ||
      !parse_number(text.substr(open + 1, close - open - 1), digits)) {
    return false;
  }
  const std::string_view plain = text.substr(0, open);
  const std::size_t point = plain.find('.');
  const auto decimals = point == std::string_view::npos
                            ? 0
                            : static_cast<int>(std::min<std::size_t>(plain.size() - point - 1, 30));
  sigma = digits * std::pow(10.0, -decimals);
  return true;
}

double Block::number(const std::string& tag) const {
  double value = NAN, sigma = 0.0;
  return value_and_sigma(text(tag), value, sigma) ? value : NAN;
}

std::vector<Block> parse_blocks(std::string_view bytes, const std::string& file) {
  std::vector<Block> blocks;
  Lexer lexer(bytes, file);
  Token token;
  bool more = lexer.next(token);
  while (more) {
    const std::string word = token.quoted ? "" : lower_case(token.text.substr(0, 200));
    if (word.rfind("data_", 0) == 0) {
      blocks.push_back({std::string(token.text.substr(5, 200)), {}, {}});
      more = lexer.next(token);
    } else if (blocks.empty()) {
      throw Error("E-CIF-001", "a value before the first data_ block", at_line(file, token.line),
                  "correct the line");
    } else if (word == "loop_") {
      Loop loop;
      const std::size_t line = token.line;
      more = lexer.next(token);
      while (more && !token.quoted && token.text[0] == '_') {
        loop.tags.push_back(lower_case(token.text));
        more = lexer.next(token);
      }
      const auto ends = [&] {
        const std::string_view text = token.text;
        if (token.quoted || text.empty()) return false;
        if (text[0] == '_') return true;
        const std::string low = lower_case(text.substr(0, 5));
        return low == "loop_" || low == "data_" || low == "save_" || low == "stop_";
      };
      while (more && !ends()) {
        loop.values.push_back(token);
        more = lexer.next(token);
      }
      if (loop.tags.empty() || loop.values.size() % loop.tags.size() != 0) {
        throw Error("E-CIF-001",
                    fmt::format("a loop of {} columns holds {} values", loop.tags.size(),
                                loop.values.size()),
                    at_line(file, line), "complete the loop; the file may be cut off");
      }
      blocks.back().loops.push_back(std::move(loop));
    } else if (!token.quoted && token.text[0] == '_') {
      const std::string tag = lower_case(token.text);
      const std::size_t line = token.line;
      more = lexer.next(token);
      if (!more) {
        throw Error("E-CIF-001", tag.substr(0, 60) + " has no value", at_line(file, line),
                    "the file may be cut off: copy it again");
      }
      blocks.back().pairs.emplace(tag, token);
      more = lexer.next(token);
    } else {
      more = lexer.next(token);  // save_ frames and stray words
    }
  }
  return blocks;
}

/// The loop of a block that holds a profile, and its columns.
struct Profile {
  const Loop* loop = nullptr;
  std::size_t intensity = 0;
  std::optional<std::size_t> angle, weight, sigma;
  bool counts = false, measured = false;
};

std::optional<Profile> find_profile(const Block& block) {
  constexpr const char* intensities[] = {"_pd_meas_counts_total", "_pd_meas_intensity_total",
                                         "_pd_proc_intensity_total", "_pd_meas_intensity_net",
                                         "_pd_proc_intensity_net"};
  for (const char* tag : intensities) {
    for (const Loop& loop : block.loops) {
      const auto column = loop.column(tag);
      if (!column) continue;
      Profile profile;
      profile.loop = &loop;
      profile.intensity = *column;
      const std::string name = tag;
      profile.counts = name == "_pd_meas_counts_total";
      profile.measured = name.rfind("_pd_meas", 0) == 0;
      for (const char* angle : {"_pd_meas_2theta_scan", "_pd_proc_2theta_corrected",
                                "_pd_meas_angle_2theta", "_pd_meas_2theta_corrected"}) {
        if (!profile.angle) profile.angle = loop.column(angle);
      }
      profile.weight = loop.column("_pd_proc_ls_weight");
      profile.sigma = loop.column(name + "_su");
      return profile;
    }
  }
  return std::nullopt;
}

/// Wavelengths of a block, the strongest first, with the ratio of the second to it.
void read_wavelengths(const Block& block, Pattern& pattern) {
  std::vector<std::pair<double, double>> lines;  // weight, wavelength
  for (const Loop& loop : block.loops) {
    const auto column = loop.column("_diffrn_radiation_wavelength");
    if (!column) continue;
    const auto weight = loop.column("_diffrn_radiation_wavelength_wt");
    for (std::size_t row = 0; row < std::min<std::size_t>(loop.rows(), 20); ++row) {
      double value = 0.0, share = 1.0, ignored = 0.0;
      if (!value_and_sigma(loop.value(row, *column).text, value, ignored)) continue;
      if (weight) value_and_sigma(loop.value(row, *weight).text, share, ignored);
      if (value > 0.05 && value < 5.0 && share > 0.0) lines.emplace_back(share, value);
    }
  }
  if (lines.empty()) {
    const double value = block.number("_diffrn_radiation_wavelength");
    if (value > 0.05 && value < 5.0) lines.emplace_back(1.0, value);
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  if (lines.empty()) return;
  pattern.wavelength_angstrom = {lines[0].second};
  if (lines.size() > 1) {
    pattern.wavelength_angstrom.push_back(lines[1].second);
    if (lines[1].first < lines[0].first) pattern.kalpha2_ratio = lines[1].first / lines[0].first;
  }
}

/// Start and step of 2theta where the loop has no column of angles.
std::pair<double, double> stated_range(const Block& block, const Profile& profile,
                                       const std::string& place) {
  for (const char* kind :
       {profile.measured ? "meas" : "proc", profile.measured ? "proc" : "meas"}) {
    const std::string stem = fmt::format("_pd_{}_2theta_range_", kind);
    const double low = block.number(stem + "min"), high = block.number(stem + "max");
    const double step = block.number(stem + "inc");
    if (!std::isfinite(low) || !(step > 0.0)) continue;
    const auto rows = static_cast<double>(profile.loop->rows());
    if (std::isfinite(high) && !(std::abs((high - low) / step + 1.0 - rows) < 1.5)) {
      throw Error(
          "E-XRD-014",
          fmt::format("{} intensities for {} to {} deg in steps of {}", rows, low, high, step),
          place, "the loop may be cut off: copy the file again");
    }
    return {low, step};
  }
  throw Error("E-XRD-002", "no column of 2theta, and no _pd_meas_2theta_range_min and _inc", place,
              "only profiles over 2theta are read: add the angles");
}

Pattern read_profile(const Block& block, const Profile& profile, const std::string& file) {
  const Loop& loop = *profile.loop;
  const std::string place =
      at_line(file, loop.values.empty() ? 1 : loop.value(0, profile.intensity).line);
  if (loop.rows() > max_pattern_points) {
    throw Error("E-XRD-003", fmt::format("{} points", loop.rows()), place, "split the file");
  }
  std::pair<double, double> range{0.0, 0.0};
  if (!profile.angle) range = stated_range(block, profile, place);
  Pattern pattern;
  pattern.file = file;
  pattern.reader = "pdCIF " + loop.tags[profile.intensity];
  std::vector<std::size_t> line_of_point;
  std::vector<double> bracket_sigma, weight_sigma;
  std::size_t missing = 0;
  for (std::size_t row = 0; row < loop.rows(); ++row) {
    const Token& cell = loop.value(row, profile.intensity);
    double angle = range.first + range.second * static_cast<double>(row);
    double value = 0.0, sigma = NAN, ignored = 0.0;
    const auto no_number = [&](const Token& token) {
      return Error("E-XRD-003", fmt::format("\"{}\" is no number", token.text.substr(0, 30)),
                   at_line(file, token.line), "correct the value, or write ? for a missing one");
    };
    if (profile.angle) {
      const Token& token = loop.value(row, *profile.angle);
      if (!value_and_sigma(token.text, angle, ignored)) throw no_number(token);
    }
    if (!cell.quoted && (cell.text == "." || cell.text == "?")) {
      ++missing;
      continue;
    }
    if (!value_and_sigma(cell.text, value, sigma)) throw no_number(cell);
    if (profile.sigma) value_and_sigma(loop.value(row, *profile.sigma).text, sigma, ignored);
    pattern.two_theta_deg.push_back(angle);
    pattern.counts.push_back(value);
    bracket_sigma.push_back(sigma);
    line_of_point.push_back(cell.line);
    if (profile.weight) {
      double weight = NAN;
      value_and_sigma(loop.value(row, *profile.weight).text, weight, ignored);
      weight_sigma.push_back(weight > 0.0 ? 1.0 / std::sqrt(weight) : 0.0);
    }
  }
  if (missing > 0) {
    pattern.warnings.push_back(
        {"W-XRD-002",
         fmt::format("{} points without an intensity left out in {}", missing, place)});
  }
  const bool bracketed = std::all_of(bracket_sigma.begin(), bracket_sigma.end(),
                                     [](double sigma) { return sigma >= 0.0; });
  if (bracketed) {
    pattern.sigma = std::move(bracket_sigma);
  } else if (!profile.counts && profile.weight) {
    pattern.sigma = std::move(weight_sigma);  // weight 0: left out of the author's fit, and here
  }
  const double time = block.number("_pd_meas_step_count_time");
  if (time > 0.0 && time < 1e7) pattern.step_time_s = time;
  finish_pattern(pattern, line_of_point, true, structured_least_points);
  return pattern;
}

}  // namespace

std::vector<Pattern> parse_pdcif(std::string_view bytes, const std::string& file) {
  if (bytes.size() > max_file_bytes) {
    throw Error("E-FILE-004",
                fmt::format("the pdCIF has {} bytes (at most {})", bytes.size(), max_file_bytes),
                file, "keep the block with the profile only");
  }
  const auto blocks = parse_blocks(bytes, file);
  std::vector<Pattern> patterns;
  std::vector<std::string> left_out;
  Pattern elsewhere;  // a wavelength of a block of its own serves the others
  bool neutron = false;
  for (const Block& block : blocks) {
    if (elsewhere.wavelength_angstrom.empty()) read_wavelengths(block, elsewhere);
    neutron = neutron || lower_case(block.text("_diffrn_radiation_probe")) == "neutron";
  }
  for (const Block& block : blocks) {
    const auto profile = find_profile(block);
    if (!profile) continue;
    const std::string name = lower_case(block.name);
    if (name.ends_with("_calc") || name.ends_with("_calculated")) {
      left_out.push_back(fmt::format("block \"{}\" of {} holds a calculated profile",
                                     block.name.substr(0, 80), file));
      continue;
    }
    patterns.push_back(read_profile(block, *profile, file));
    read_wavelengths(block, patterns.back());
    if (patterns.back().wavelength_angstrom.empty()) {
      patterns.back().wavelength_angstrom = elsewhere.wavelength_angstrom;
      patterns.back().kalpha2_ratio = elsewhere.kalpha2_ratio;
    }
    if (neutron) {
      patterns.back().warnings.push_back(
          {"W-XRD-009",
           fmt::format("{} states neutron radiation: the models are for X-rays", file)});
    }
  }
  warn_of_left_out(patterns, left_out, file);
  return patterns;
}

}  // namespace gadolin::io
