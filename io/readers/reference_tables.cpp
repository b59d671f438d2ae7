#include "io/readers/reference_tables.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <map>

#include <fmt/format.h>
#include <zlib.h>

#include "io/readers/csv.hpp"
#include "io/readers/file_bytes.hpp"
#include "models/core/error.hpp"

namespace gadolin::io {

namespace {

using diffraction::PatternLibrary;
using diffraction::ReferenceKind;
using diffraction::ReferencePhase;

constexpr std::size_t largest_table_bytes = std::size_t{512} << 20;
constexpr std::size_t most_cells = 40'000'000;

std::string lowered(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// The bytes themselves, or what they unpack to if they are gzipped.
std::string unpacked(std::string bytes, const std::string& file) {
  if (bytes.size() < 2 || bytes[0] != '\x1f' || bytes[1] != '\x8b') return bytes;
  z_stream stream{};
  const auto damaged = [&](const std::string& what) {
    inflateEnd(&stream);
    return Error("E-LIB-022", "the gzipped table " + what, file, "copy the file again");
  };
  if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) throw damaged("cannot be unpacked");
  stream.next_in = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string text;
  std::string block(std::size_t{1} << 20, '\0');
  int state = Z_OK;
  while (state != Z_STREAM_END) {
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = static_cast<uInt>(block.size());
    state = inflate(&stream, Z_NO_FLUSH);
    if (state != Z_OK && state != Z_STREAM_END) throw damaged("is damaged");
    const std::size_t got = block.size() - stream.avail_out;
    if (got == 0 && state != Z_STREAM_END) throw damaged("ends too early");
    if (text.size() + got > largest_table_bytes) throw damaged("unpacks beyond 512 MiB");
    text.append(block, 0, got);
  }
  inflateEnd(&stream);
  return text;
}

double number(const std::string& text, const std::string& place, const std::string& what) {
  double value = 0.0;
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc() || read.ptr != end || !std::isfinite(value)) {
    throw Error("E-LIB-022", fmt::format("{} is \"{}\"", what, text.substr(0, 40)), place,
                "give a number with a decimal point");
  }
  return value;
}

ReferenceKind kind_of(const std::string& family) {
  const std::string word = lowered(family);
  if (word == "background") return ReferenceKind::background;
  if (word == "amorphous") return ReferenceKind::amorphous;
  return word == "clay" ? ReferenceKind::clay : ReferenceKind::crystalline;
}

std::vector<ReferencePhase> read_phases(const std::string& path, InputFile* record) {
  FileBytes file = read_file(path, "library");
  if (record) *record = file.record;
  const auto rows = parse_csv(unpacked(std::move(file.bytes), path), ',', path, most_cells);
  if (rows.empty()) throw Error("E-LIB-021", "the table of phases is empty", path, "export it");
  std::map<std::string, std::size_t> column;
  for (std::size_t k = 0; k < rows[0].cells.size(); ++k) column.emplace(rows[0].cells[k], k);
  for (const char* name : {"phase_id", "phase_name", "rir"}) {
    if (column.find(name) == column.end()) {
      throw Error("E-LIB-021", fmt::format("no column \"{}\"", name),
                  fmt::format("{}:{}", path, rows[0].line),
                  "give phase_id, phase_name and rir (docs/formats/pattern_library.md)");
    }
  }
  std::vector<ReferencePhase> phases;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const std::string place = fmt::format("{}:{}", path, rows[i].line);
    const auto cell = [&](const char* name) {
      const auto found = column.find(name);
      return found != column.end() && found->second < rows[i].cells.size()
                 ? rows[i].cells[found->second]
                 : std::string();
    };
    ReferencePhase phase;
    phase.id = cell("phase_id");
    phase.name = cell("phase_name").empty() ? phase.id : cell("phase_name");
    phase.group = cell("phase_name_grouped");
    phase.family = cell("phase_name_grouped2");
    phase.source = cell("source");
    phase.kind = kind_of(phase.family);
    if (phase.id.empty()) {
      throw Error("E-LIB-021", "a phase without an id", place, "name every phase");
    }
    if (!cell("rir").empty()) phase.rir = number(cell("rir"), place, "rir of " + phase.id);
    if (!cell("u_rir").empty()) phase.u_rir = number(cell("u_rir"), place, "u_rir of " + phase.id);
    if (phase.rir < 0.0 || phase.u_rir < 0.0) {
      throw Error("E-LIB-022", "a negative RIR of " + phase.id, place, "leave it empty if unknown");
    }
    if (phase.kind == ReferenceKind::background) phase.rir = phase.u_rir = 0.0;
    phases.push_back(std::move(phase));
  }
  return phases;
}

}  // namespace

PatternLibrary read_reference_tables(const std::string& patterns, const std::string& phases,
                                     InputFile* patterns_record, InputFile* phases_record) {
  PatternLibrary library;
  library.phases = read_phases(phases, phases_record);
  FileBytes file = read_file(patterns, "library");
  if (patterns_record) *patterns_record = file.record;
  const auto rows = parse_csv(unpacked(std::move(file.bytes), patterns), ',', patterns, most_cells);
  if (rows.size() < 3 || rows[0].cells.size() < 2) {
    throw Error("E-LIB-021", "no patterns in the table", patterns,
                "give a column of angles and one of counts per phase");
  }
  const auto& header = rows[0].cells;
  const std::string top = fmt::format("{}:{}", patterns, rows[0].line);
  std::vector<ReferencePhase*> target(header.size(), nullptr);
  for (auto& phase : library.phases) {
    const auto found = std::find(header.begin() + 1, header.end(), phase.id);
    if (found == header.end()) {
      throw Error("E-LIB-021", "no pattern of " + phase.id, top,
                  "add the column or remove the phase from " + phases);
    }
    auto& slot = target[static_cast<std::size_t>(found - header.begin())];
    if (slot || std::find(found + 1, header.end(), phase.id) != header.end()) {
      throw Error("E-LIB-021", phase.id + " is named twice", slot ? phases : top,
                  "give every reference an id of its own");
    }
    slot = &phase;
    phase.intensity.reserve(rows.size() - 1);
  }
  for (std::size_t k = 1; k < header.size(); ++k) {
    if (!target[k]) {
      throw Error("E-LIB-021", fmt::format("\"{}\" is not in the table of phases", header[k]), top,
                  "add it to " + phases);
    }
  }
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const std::string place = fmt::format("{}:{}", patterns, rows[i].line);
    if (rows[i].cells.size() != header.size()) {
      throw Error("E-LIB-022",
                  fmt::format("{} cells (expected {})", rows[i].cells.size(), header.size()), place,
                  "export the table again");
    }
    const double angle = number(rows[i].cells[0], place, "2theta");
    if (!library.two_theta_deg.empty() && !(angle > library.two_theta_deg.back())) {
      throw Error("E-LIB-022",
                  fmt::format("2theta does not increase ({} after {})", angle,
                              library.two_theta_deg.back()),
                  place, "sort the rows by angle");
    }
    library.two_theta_deg.push_back(angle);
    for (std::size_t k = 1; k < header.size(); ++k) {
      target[k]->intensity.push_back(number(rows[i].cells[k], place, header[k]));
    }
  }
  for (const auto& phase : library.phases) {
    if (lowered(phase.id) == "corundum" && phase.rir == 1.0) library.rir_reference = phase.id;
  }
  return library;
}

}  // namespace gadolin::io
