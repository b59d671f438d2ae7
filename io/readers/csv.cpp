#include "io/readers/csv.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include <fmt/format.h>
#include <iconv.h>

#include "models/core/error.hpp"

namespace gadolin::io {

namespace {

/// Nothing where the bytes are not of that encoding.
std::optional<std::string> converted(std::string_view bytes, const char* encoding) {
  const iconv_t state = iconv_open("UTF-8", encoding);
  if (state == reinterpret_cast<iconv_t>(-1)) return std::nullopt;
  std::string text(3 * bytes.size() + 4, '\0');  // a character of one byte becomes three at most
  char* from = const_cast<char*>(bytes.data());
  char* to = text.data();
  std::size_t left = bytes.size(), room = text.size();
  const std::size_t failed = iconv(state, &from, &left, &to, &room);
  iconv_close(state);
  if (failed == static_cast<std::size_t>(-1)) return std::nullopt;
  text.resize(text.size() - room);
  return text;
}

std::string trimmed(std::string text) {
  const auto blank = [](unsigned char c) { return std::isspace(c) != 0; };
  while (!text.empty() && blank(text.back())) text.pop_back();
  std::size_t first = 0;
  while (first < text.size() && blank(text[first])) ++first;
  return first == 0 ? text : text.substr(first);
}

}  // namespace

void require_text(std::string_view bytes, const std::string& file, const std::string& code) {
  const auto starts = [&](std::string_view magic) {
    return bytes.substr(0, magic.size()) == magic;
  };
  std::string what;
  if (starts("\xFF\xFE") || starts("\xFE\xFF")) {
    what = "the text is UTF-16";
  } else if (starts("\x1F\x8B")) {
    what = "the file is compressed (gzip)";
  } else if (starts("PK\x03\x04")) {
    what = "the file is a zip archive (perhaps .xlsx)";
  } else if (bytes.find('\0') != std::string_view::npos) {
    what = "the file is binary, not text";
  }
  if (what.empty()) return;
  throw Error(code, what, file, "export it as plain text (CSV, UTF-8)");
}

std::string in_utf8(std::string_view bytes, const std::string& file, bool& guessed) {
  guessed = false;
  if (auto text = converted(bytes, "UTF-8")) return *text;
  guessed = true;
  if (auto text = converted(bytes, "WINDOWS-1252")) return *text;
  throw Error("E-CSV-001", "the text is neither UTF-8 nor Windows-1252", file,
              "export it as plain text (CSV, UTF-8)");
}

char sniff_separator(std::string_view bytes) {
  constexpr std::array<char, 3> candidates = {'\t', ';', ','};
  char best = ',';
  int best_score = 0;
  for (const char candidate : candidates) {
    std::vector<int> counts;
    int count = 0;
    bool quoted = false, any = false;
    for (std::size_t i = 0; i < bytes.size() && counts.size() < 20; ++i) {
      const char c = bytes[i];
      if (c == '"') quoted = !quoted;
      if (c == '\n' && !quoted) {
        if (any) counts.push_back(count);
        count = 0;
        any = false;
      } else {
        any = any || !std::isspace(static_cast<unsigned char>(c));
        if (c == candidate && !quoted) ++count;
      }
    }
    if (any) counts.push_back(count);
    if (counts.empty()) continue;
    std::vector<int> sorted = counts;
    std::sort(sorted.begin(), sorted.end());
    const int score = sorted[sorted.size() / 2];
    if (score > best_score) {
      best_score = score;
      best = candidate;
    }
  }
  return best;
}

std::vector<CsvRow> parse_csv(std::string_view bytes, char separator, const std::string& file,
                              std::size_t max_cells) {
  require_text(bytes, file, "E-CSV-001");
  if (bytes.substr(0, 3) == "\xEF\xBB\xBF") bytes.remove_prefix(3);
  std::vector<CsvRow> rows;
  CsvRow row;
  std::string cell;
  int line = 1, quote_line = 0;
  bool quoted = false, was_quoted = false;
  std::size_t cells = 0;
  row.line = 1;
  const auto end_cell = [&] {
    row.cells.push_back(was_quoted ? cell : trimmed(cell));
    cell.clear();
    was_quoted = false;
    if (++cells > max_cells) {
      throw Error("E-CSV-003", fmt::format("more than {} cells", max_cells),
                  fmt::format("{}:{}", file, line), "split the table");
    }
  };
  const auto end_row = [&] {
    end_cell();
    const bool empty = std::all_of(row.cells.begin(), row.cells.end(),
                                   [](const std::string& one) { return one.empty(); });
    const bool comment = !row.cells[0].empty() && row.cells[0][0] == '#';
    if (!empty && !comment) rows.push_back(std::move(row));
    row = CsvRow{};
  };
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (quoted) {
      if (c == '"' && i + 1 < bytes.size() && bytes[i + 1] == '"') {
        cell += '"';
        ++i;
      } else if (c == '"') {
        quoted = false;
      } else {
        if (c == '\n') ++line;
        cell += c;
      }
    } else if (c == '"' && trimmed(cell).empty() && !was_quoted) {
      quoted = true;
      was_quoted = true;
      quote_line = line;
      cell.clear();
    } else if (c == separator) {
      end_cell();
    } else if (c == '\n' || c == '\r') {
      if (c == '\r' && i + 1 < bytes.size() && bytes[i + 1] == '\n') ++i;
      end_row();
      row.line = ++line;
    } else if (was_quoted) {
      if (!std::isspace(static_cast<unsigned char>(c))) cell += c;
    } else {
      cell += c;
    }
  }
  if (quoted) {
    throw Error("E-CSV-002", "a quotation mark is never closed",
                fmt::format("{}:{}", file, quote_line), "close or remove the quotation mark");
  }
  if (!cell.empty() || !row.cells.empty() || was_quoted) end_row();
  return rows;
}

}  // namespace gadolin::io
