#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Tables of text: the CSV dialects laboratories export.
namespace gadolin::io {

struct CsvRow {
  int line = 0;  ///< 1-based line where the row begins
  std::vector<std::string> cells;
};

/// Rows of a table, RFC 4180 quoting, LF or CRLF or CR, BOM skipped, blanks around cells removed;
/// empty lines and lines whose first cell begins with '#' are left out. UTF-16 and binary input
/// are refused.
///   fails  E-CSV-001 not text, -002 a quote is never closed, -003 more than `max_cells` cells
std::vector<CsvRow> parse_csv(std::string_view bytes, char separator, const std::string& file,
                              std::size_t max_cells = 20'000'000);

/// ',', ';' or tab, whichever divides the first lines most evenly; ',' if none.
char sniff_separator(std::string_view bytes);

/// The text in UTF-8. What is none is taken for Windows-1252, which spreadsheets of Western
/// Europe export; `guessed` says so.
///   fails  E-CSV-001 neither
std::string in_utf8(std::string_view bytes, const std::string& file, bool& guessed);

/// throws E-CSV-001 if bytes are UTF-16, compressed or hold NUL characters.
void require_text(std::string_view bytes, const std::string& file, const std::string& code);

}  // namespace gadolin::io
