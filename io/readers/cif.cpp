#include "io/readers/cif.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "io/readers/file_bytes.hpp"
#include "models/core/element.hpp"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcpp"  // gemmi warns about its unbundled third_party folder
#include <gemmi/cif.hpp>
#include <gemmi/numb.hpp>
#include <gemmi/symmetry.hpp>
#pragma GCC diagnostic pop

namespace gadolin::io {

namespace {

namespace cif = gemmi::cif;
using diffraction::AtomSite;
using diffraction::CrystalStructure;
using diffraction::SymmetryOperation;

constexpr double pi = 3.14159265358979323846;

/// A column of a loop, or a single pair seen as a column of one.
struct Column {
  const cif::Loop* loop = nullptr;
  std::size_t offset = 0;
  const std::string* single = nullptr;
  int line = 0;

  explicit operator bool() const { return loop != nullptr || single != nullptr; }
  std::size_t size() const {
    return loop ? loop->values.size() / loop->tags.size() : (single ? 1 : 0);
  }
  const std::string& raw(std::size_t row) const {
    return loop ? loop->values[row * loop->tags.size() + offset] : *single;
  }
  std::string text(std::size_t row) const {
    const std::string& value = raw(row);
    return value.empty() || cif::is_null(value) ? "" : cif::as_string(value);
  }
  /// NaN if absent, "?" or not a number.
  double number(std::size_t row) const {
    const std::string& value = raw(row);
    return value.empty() || cif::is_null(value) ? NAN : cif::as_number(value);
  }
};

Column find(const cif::Block& block, std::initializer_list<const char*> tags) {
  for (const char* name : tags) {
    const std::string tag = gemmi::to_lower(name);
    for (const auto& item : block.items) {
      if (item.type == cif::ItemType::Pair && gemmi::iequal(item.pair[0], tag)) {
        Column column;
        column.single = &item.pair[1];
        column.line = item.line_number;
        return column;
      }
      if (item.type == cif::ItemType::Loop) {
        const int at = item.loop.find_tag_lc(tag);
        if (at >= 0 && !item.loop.tags.empty() && !item.loop.values.empty()) {
          Column column;
          column.loop = &item.loop;
          column.offset = static_cast<std::size_t>(at);
          column.line = item.line_number;
          return column;
        }
      }
    }
  }
  return {};
}

struct Reader {
  const cif::Block& block;
  const std::string& file;

  std::string place(const Column& column, const std::string& field) const {
    return fmt::format("{}:{} ({})", file, std::max(1, column.line), field);
  }

  void read_cell(CrystalStructure& structure) const {
    constexpr std::array<const char*, 6> tags = {"_cell_length_a",   "_cell_length_b",
                                                 "_cell_length_c",   "_cell_angle_alpha",
                                                 "_cell_angle_beta", "_cell_angle_gamma"};
    for (std::size_t i = 0; i < 6; ++i) {
      const Column column = find(block, {tags[i]});
      if (!column && i >= 3) {
        structure.cell[i] = 90.0;  // the CIF dictionary's default
        continue;
      }
      if (!column) {
        throw Error("E-CIF-002", fmt::format("{} is missing: no unit cell", tags[i]), file,
                    "add the cell, or take a CIF with one");
      }
      const double value = column.number(0);
      const bool fine = i < 3 ? (value > 0.5 && value < 1000.0) : (value > 10.0 && value < 170.0);
      if (!fine) {
        throw Error("E-CIF-002",
                    fmt::format("{} is \"{}\" (expected {})", tags[i], column.raw(0).substr(0, 30),
                                i < 3 ? "0.5 to 1000 angstrom" : "10 to 170 degrees"),
                    place(column, tags[i]), "correct the unit cell");
      }
      structure.cell[i] = value;
    }
    const double ca = std::cos(structure.cell[3] * pi / 180.0);
    const double cb = std::cos(structure.cell[4] * pi / 180.0);
    const double cg = std::cos(structure.cell[5] * pi / 180.0);
    if (!(1.0 - ca * ca - cb * cb - cg * cg + 2.0 * ca * cb * cg > 1e-4)) {
      throw Error("E-CIF-002", "the cell angles enclose no volume", file, "correct the unit cell");
    }
  }

  const gemmi::SpaceGroup* read_space_group(CrystalStructure& structure) const {
    const Column symbol =
        find(block, {"_space_group_name_H-M_alt", "_symmetry_space_group_name_H-M",
                     "_space_group.name_H-M_alt", "_symmetry.space_group_name_H-M"});
    if (symbol) structure.space_group = symbol.text(0);
    const gemmi::SpaceGroup* group = nullptr;
    if (!structure.space_group.empty() && structure.space_group.size() < 60) {
      group = gemmi::find_spacegroup_by_name(structure.space_group, structure.cell[3],
                                             structure.cell[5]);
    }
    if (!group) {
      const Column number = find(block, {"_space_group_IT_number", "_symmetry_Int_Tables_number"});
      const double value = number ? number.number(0) : NAN;
      if (value >= 1.0 && value <= 230.0) {
        group = gemmi::find_spacegroup_by_number(static_cast<int>(value));
        if (group && structure.space_group.empty()) structure.space_group = group->hm;
      }
    }
    return group;
  }

  void read_symmetry(CrystalStructure& structure) const {
    const gemmi::SpaceGroup* group = read_space_group(structure);
    const Column list =
        find(block, {"_space_group_symop_operation_xyz", "_symmetry_equiv_pos_as_xyz",
                     "_space_group_symop.operation_xyz", "_symmetry_equiv.pos_as_xyz"});
    if (list) {
      if (list.size() > 192) {
        throw Error("E-CIF-007", fmt::format("{} symmetry operators (at most 192)", list.size()),
                    place(list, "symmetry list"), "remove what is no symmetry operator");
      }
      for (std::size_t row = 0; row < list.size(); ++row) {
        structure.operations.push_back(parse_symmetry_operator(
            list.text(row), place(list, fmt::format("symmetry operator {}", row + 1))));
      }
      check_group(structure.operations, place(list, "symmetry list"));
      if (group) {
        const auto order = static_cast<std::size_t>(group->operations().order());
        if (order != structure.operations.size()) {
          throw Error("E-CIF-007",
                      fmt::format("{} symmetry operators are listed, but {} has {}",
                                  structure.operations.size(), structure.space_group, order),
                      place(list, "symmetry list"),
                      "give the complete list, centring included, or remove it");
        }
      }
      return;
    }
    if (!group) {
      throw Error("E-CIF-008",
                  structure.space_group.empty()
                      ? std::string("neither symmetry operators nor a space group")
                      : fmt::format("space group \"{}\" is not known and no symmetry operators "
                                    "are listed",
                                    structure.space_group.substr(0, 40)),
                  file, "add a loop of _space_group_symop_operation_xyz");
    }
    if (group->ext == '1' && structure.space_group.find(':') == std::string::npos) {
      throw Error(
          "E-CIF-008",
          fmt::format("{} has two origins and the file does not say which", structure.space_group),
          file, "write the symbol with :1 or :2, or add _space_group_symop_operation_xyz");
    }
    for (gemmi::Op op : group->operations()) {
      structure.operations.push_back(parse_symmetry_operator(op.wrap().triplet(), file));
    }
  }

  /// An operator in whole numbers: rotation and translation in 24ths, 0..23.
  struct Whole {
    std::array<int, 9> rotation{};
    std::array<int, 3> translation{};

    explicit Whole(const SymmetryOperation& operation) {
      for (int i = 0; i < 3; ++i) {
        for (int j = 0; j < 3; ++j) rotation[3 * i + j] = operation.rotation[i][j];
        translation[i] = static_cast<int>(std::lround(operation.translation[i] * 24.0)) % 24;
      }
    }
    /// Equal for equal products of operators whose entries are -1, 0 or 1; entries of a product
    /// beyond that are no operator and give a key of none.
    std::uint64_t key() const {
      std::uint64_t packed = 0;
      for (const int entry : rotation) {
        if (entry < -1 || entry > 1) return ~std::uint64_t{0};
        packed = packed * 3 + static_cast<std::uint64_t>(entry + 1);
      }
      for (const int entry : translation) packed = packed * 24 + static_cast<std::uint64_t>(entry);
      return packed;
    }
    Whole times(const Whole& other) const {
      Whole product = *this;
      for (int i = 0; i < 3; ++i) {
        for (int j = 0; j < 3; ++j) {
          product.rotation[3 * i + j] = rotation[3 * i] * other.rotation[j] +
                                        rotation[3 * i + 1] * other.rotation[3 + j] +
                                        rotation[3 * i + 2] * other.rotation[6 + j];
        }
        const int shift = translation[i] + rotation[3 * i] * other.translation[0] +
                          rotation[3 * i + 1] * other.translation[1] +
                          rotation[3 * i + 2] * other.translation[2];
        product.translation[i] = ((shift % 24) + 24) % 24;
      }
      return product;
    }
  };

  static void check_group(const std::vector<SymmetryOperation>& operations,
                          const std::string& where) {
    std::vector<Whole> whole;
    std::vector<std::uint64_t> known;
    for (const auto& operation : operations) {
      whole.emplace_back(operation);
      known.push_back(whole.back().key());
    }
    std::sort(known.begin(), known.end());
    const auto twice = std::adjacent_find(known.begin(), known.end());
    if (twice != known.end()) {
      std::size_t last = whole.size();
      while (last > 0 && whole[last - 1].key() != *twice) --last;
      throw Error("E-CIF-007", fmt::format("symmetry operator {} is there twice", last), where,
                  "remove the repeated operator");
    }
    for (const auto& a : whole) {
      for (const auto& b : whole) {
        if (!std::binary_search(known.begin(), known.end(), a.times(b).key())) {
          throw Error("E-CIF-007",
                      "the symmetry operators form no group (a product of two is missing)", where,
                      "give the complete list, centring included, or only the space-group symbol");
        }
      }
    }
  }

  /// Element and charge of "Ce3+", "Ce+3", "O2-", "Ce1", "D"; false if it names none.
  static bool split_symbol(const std::string& symbol, bool is_label, AtomSite& site) {
    std::size_t letters = 0;
    while (letters < symbol.size() && letters < 3 &&
           std::isalpha(static_cast<unsigned char>(symbol[letters]))) {
      ++letters;
    }
    if (letters == 0) return false;
    const auto upper = [](char c) { return static_cast<char>(std::toupper(c)); };
    const auto lower = [](char c) { return static_cast<char>(std::tolower(c)); };
    const std::string one(1, upper(symbol[0]));
    const std::string two = letters >= 2 ? one + lower(symbol[1]) : "";
    const bool one_known = one == "D" || atomic_number(one).has_value();
    const bool two_known = !two.empty() && atomic_number(two).has_value();
    if (two_known && is_label && one_known && std::isupper(static_cast<unsigned char>(symbol[1]))) {
      return false;  // "CE1": cerium or a carbon named E1?
    }
    if (two_known) {
      site.element = two;
    } else if (one_known && (is_label || letters == 1)) {
      site.element = one == "D" ? "H" : one;
    } else {
      return false;
    }
    if (!is_label) {
      int size = 0, sign = 0;
      for (std::size_t i = site.element.size(); i < symbol.size(); ++i) {
        if (std::isdigit(static_cast<unsigned char>(symbol[i])) && size == 0) {
          size = symbol[i] - '0';
        } else if (symbol[i] == '+' || symbol[i] == '-') {
          sign = symbol[i] == '+' ? 1 : -1;
        }
      }
      site.charge = sign * (size == 0 && sign != 0 ? 1 : size);
    }
    return true;
  }

  /// B equivalent [angstrom^2] of the anisotropic tensors, by site label.
  std::map<std::string, double> b_equivalents(const std::array<double, 6>& cell) const {
    std::map<std::string, double> result;
    const Column labels = find(block, {"_atom_site_aniso_label", "_atom_site_aniso.label"});
    if (!labels) return result;
    constexpr std::array<const char*, 6> ends = {"11", "22", "33", "12", "13", "23"};
    const double ca = std::cos(cell[3] * pi / 180.0), cb = std::cos(cell[4] * pi / 180.0),
                 cg = std::cos(cell[5] * pi / 180.0);
    const double sa = std::sin(cell[3] * pi / 180.0), sb = std::sin(cell[4] * pi / 180.0),
                 sg = std::sin(cell[5] * pi / 180.0);
    const double v = std::sqrt(1.0 - ca * ca - cb * cb - cg * cg + 2.0 * ca * cb * cg);
    const double as = sa / v, bs = sb / v, cs = sg / v;  // a* a and so on
    for (const bool is_b : {false, true}) {
      std::array<Column, 6> columns;
      bool complete = true;
      for (std::size_t i = 0; i < 6; ++i) {
        const std::string tag = std::string("_atom_site_aniso_") + (is_b ? "B_" : "U_") + ends[i];
        columns[i] = find(block, {tag.c_str()});
        complete = complete && columns[i] && columns[i].loop == labels.loop;
      }
      if (!complete) continue;
      for (std::size_t row = 0; row < labels.size(); ++row) {
        std::array<double, 6> t{};
        for (std::size_t i = 0; i < 6; ++i) t[i] = columns[i].number(row);
        // U_eq = 1/3 sum_ij U_ij a*_i a*_j a_i.a_j
        const double u =
            (t[0] * as * as + t[1] * bs * bs + t[2] * cs * cs + 2.0 * t[3] * as * bs * cg +
             2.0 * t[4] * as * cs * cb + 2.0 * t[5] * bs * cs * ca) /
            3.0;
        if (std::isfinite(u)) result.emplace(labels.text(row), is_b ? u : 8.0 * pi * pi * u);
      }
    }
    return result;
  }

  void read_sites(CrystalStructure& structure) const {
    const Column labels = find(block, {"_atom_site_label", "_atom_site.label"});
    const Column types = find(block, {"_atom_site_type_symbol", "_atom_site.type_symbol"});
    const Column& names = labels ? labels : types;
    if (!names) {
      throw Error("E-CIF-003", "no atom sites (_atom_site_label is missing)", file,
                  "take a CIF with coordinates");
    }
    std::array<Column, 3> xyz;
    constexpr std::array<const char*, 3> axes = {"_atom_site_fract_x", "_atom_site_fract_y",
                                                 "_atom_site_fract_z"};
    for (std::size_t i = 0; i < 3; ++i) {
      xyz[i] = find(block, {axes[i]});
      if (!xyz[i] || xyz[i].loop != names.loop) {
        throw Error("E-CIF-004", fmt::format("{} is missing", axes[i]), place(names, "atom sites"),
                    "give fractional coordinates");
      }
    }
    const Column occupancy = find(block, {"_atom_site_occupancy"});
    const Column u_iso = find(block, {"_atom_site_U_iso_or_equiv"});
    const Column b_iso = find(block, {"_atom_site_B_iso_or_equiv"});
    if (names.size() > 2000) {
      throw Error("E-CIF-003", fmt::format("{} atom sites (at most 2000)", names.size()),
                  place(names, "atom sites"), "give the asymmetric unit only");
    }
    const auto b_aniso = b_equivalents(structure.cell);
    for (std::size_t row = 0; row < names.size(); ++row) {
      AtomSite site;
      site.label = names.text(row);
      const std::string where = place(names, fmt::format("site {} \"{}\"", row + 1, site.label));
      const bool typed = types && types.loop == names.loop && !types.text(row).empty();
      const std::string symbol = typed ? types.text(row) : site.label;
      if (!split_symbol(symbol, !typed, site)) {
        throw Error("E-CIF-005",
                    fmt::format("\"{}\" names no element{}", symbol.substr(0, 20),
                                typed ? "" : " without doubt"),
                    where, "add _atom_site_type_symbol with symbols such as Ce or Ce3+");
      }
      for (std::size_t i = 0; i < 3; ++i) {
        const double value = xyz[i].number(row);
        if (!(std::abs(value) < 100.0)) {
          throw Error("E-CIF-004",
                      fmt::format("{} is \"{}\" (expected a fraction of the cell edge)", axes[i],
                                  xyz[i].raw(row).substr(0, 20)),
                      where, "give the coordinate or remove the site");
        }
        const double sixth = std::round(value * 6.0) / 6.0;
        site.fract[i] = std::abs(value - sixth) < 6e-5 ? sixth : value;
      }
      if (occupancy && occupancy.loop == names.loop && !occupancy.text(row).empty()) {
        site.occupancy = occupancy.number(row);
        if (!(site.occupancy >= 0.0 && site.occupancy <= 1.05)) {
          throw Error("E-CIF-004",
                      fmt::format("occupancy is \"{}\" (expected 0 to 1)",
                                  occupancy.raw(row).substr(0, 20)),
                      where, "correct the occupancy");
        }
        site.occupancy = std::min(site.occupancy, 1.0);
      }
      double b = b_iso && b_iso.loop == names.loop ? b_iso.number(row) : NAN;
      if (!std::isfinite(b) && u_iso && u_iso.loop == names.loop) {
        b = 8.0 * pi * pi * u_iso.number(row);
      }
      if (const auto found = b_aniso.find(site.label);
          !std::isfinite(b) && found != b_aniso.end()) {
        b = found->second;
      }
      if (std::isfinite(b)) {
        if (b < -5.0 || b > 100.0) {
          throw Error("E-CIF-004", fmt::format("B is {:.3g} angstrom^2 (expected -5 to 100)", b),
                      where, "check whether B or U was meant");
        }
        site.b_iso_angstrom2 = b;
      }
      structure.sites.push_back(site);
    }
  }

  void read_formula(CrystalStructure& structure) const {
    for (const char* tag : {"_chemical_formula_structural", "_chemical_formula_sum"}) {
      const Column column = find(block, {tag});
      if (!column) continue;
      std::string packed;
      for (const char c : column.text(0)) {
        if (!std::isspace(static_cast<unsigned char>(c))) packed += c;
      }
      if (packed.empty() || packed.size() > 200) continue;
      try {
        parse_formula(packed);
      } catch (const Error&) {
        continue;
      }
      structure.formula = packed;
      return;
    }
    structure.formula = content_formula(structure);
  }

  /// Cell content of the sites: each site as many times as symmetry gives different positions.
  static std::string content_formula(const CrystalStructure& structure) {
    std::vector<std::pair<std::string, double>> content;
    for (const auto& site : structure.sites) {
      std::vector<std::array<double, 3>> images;
      for (const auto& operation : structure.operations) {
        std::array<double, 3> image{};
        for (int i = 0; i < 3; ++i) {
          image[i] = operation.translation[i];
          for (int j = 0; j < 3; ++j) image[i] += operation.rotation[i][j] * site.fract[j];
        }
        const bool there = std::any_of(images.begin(), images.end(), [&](const auto& other) {
          for (int i = 0; i < 3; ++i) {
            const double gap = image[i] - other[i];
            if (std::abs(gap - std::round(gap)) > 1e-3) return false;
          }
          return true;
        });
        if (!there) images.push_back(image);
      }
      const double count = site.occupancy * static_cast<double>(images.size());
      auto entry = std::find_if(content.begin(), content.end(),
                                [&](const auto& one) { return one.first == site.element; });
      if (entry == content.end()) {
        content.push_back({site.element, count});
      } else {
        entry->second += count;
      }
    }
    std::string text;
    for (const auto& [element, count] : content) {
      if (count <= 0.0) continue;
      text += count == 1.0 ? element : fmt::format("{}{:.6g}", element, count);
    }
    return text;
  }

  /// Layers without register: the supercell of Ufer et al. (2004) Z. Kristallogr. 219, 519.
  void read_disorder(CrystalStructure& structure) const {
    const Column places = find(block, {"_gadolin_turbostratic_places"});
    if (!places) return;
    const double value = places.number(0);
    const auto& cell = structure.cell;
    if (!(value >= 2.0 && value <= 50.0) || cell[3] != 90.0 || cell[4] != 90.0 ||
        structure.operations.size() != 1) {
      throw Error("E-CIF-010",
                  "a turbostratic structure needs 2 to 50 places, c at right angles to "
                  "a and b, and no symmetry beside x,y,z",
                  place(places, "_gadolin_turbostratic_places"), "write one layer out in P 1");
    }
    structure.turbostratic = static_cast<int>(value);
    structure.cell[2] *= structure.turbostratic;
    for (auto& site : structure.sites) site.fract[2] /= structure.turbostratic;
  }

  void read_source(CrystalStructure& structure) const {
    std::string text;
    for (const char* tag : {"_cod_database_code", "_database_code_amcsd", "_journal_paper_doi",
                            "_publ_section_references", "_journal_name_full", "_journal_year",
                            "_journal_page_first"}) {
      const Column column = find(block, {tag});
      if (!column) continue;
      std::string value;
      for (const char c : column.text(0)) {
        const bool space = std::isspace(static_cast<unsigned char>(c));
        if (!space) {
          value += c;
        } else if (!value.empty() && value.back() != ' ') {
          value += ' ';
        }
      }
      while (!value.empty() && value.back() == ' ') value.pop_back();
      if (value.empty() || value.size() > 400) continue;
      if (!text.empty()) text += ", ";
      const std::string name(tag);
      text += (name == "_cod_database_code"     ? "COD "
               : name == "_database_code_amcsd" ? "AMCSD "
                                                : "") +
              value;
    }
    structure.source = text;
  }
};

/// The block that holds the structure.
const cif::Block& structure_block(const cif::Document& document, const std::string& file) {
  const cif::Block* found = nullptr;
  for (const auto& block : document.blocks) {
    if (!find(block, {"_cell_length_a"}) || !find(block, {"_atom_site_fract_x"})) continue;
    if (found) {
      throw Error("E-CIF-009",
                  fmt::format("several structures (data_{} and data_{})", found->name.substr(0, 40),
                              block.name.substr(0, 40)),
                  file, "keep one structure per file");
    }
    found = &block;
  }
  return found ? *found : document.blocks.front();
}

}  // namespace

namespace {

cif::Document parse_document(std::string_view bytes, const std::string& file) {
  cif::Document document;
  try {
    document = cif::read_memory(bytes.data(), bytes.size(), file.c_str());
  } catch (const tao::pegtl::parse_error& failure) {
    const auto line = failure.positions().empty() ? 1 : failure.positions().front().line;
    throw Error("E-CIF-001", fmt::format("not valid CIF ({})", failure.message()),
                fmt::format("{}:{}", file, line),
                "check that this is a CIF; texts with blanks need quotes");
  } catch (const std::runtime_error& failure) {
    throw Error("E-CIF-001",
                fmt::format("not valid CIF ({})", std::string(failure.what()).substr(0, 200)), file,
                "check that this is a CIF; every loop needs full rows");
  }
  if (document.blocks.empty()) {
    throw Error("E-CIF-001", "no data_ block", file, "check that this is a CIF");
  }
  return document;
}

}  // namespace

CrystalStructure parse_cif(std::string_view bytes, const std::string& file) {
  const cif::Document document = parse_document(bytes, file);
  const cif::Block& block = structure_block(document, file);
  CrystalStructure structure;
  structure.file = file;
  structure.name = std::filesystem::path(file).stem().string();
  const Reader reader{block, file};
  reader.read_cell(structure);
  reader.read_symmetry(structure);
  reader.read_sites(structure);
  reader.read_formula(structure);
  reader.read_disorder(structure);
  reader.read_source(structure);
  return structure;
}

CrystalStructure read_cif(const std::string& path, InputFile* record) {
  FileBytes file = read_file(path, "structure", std::uint64_t{32} << 20);
  file.record.reader = "CIF";
  if (record) *record = file.record;
  return parse_cif(file.bytes, path);
}

CifStatements read_cif_statements(const std::string& path) {
  const FileBytes file = read_file(path, "structure", std::uint64_t{32} << 20);
  const cif::Document document = parse_document(file.bytes, path);
  const cif::Block& block = structure_block(document, path);
  const auto positive = [&](const char* tag) {
    const Column column = find(block, {tag});
    const double value = column ? column.number(0) : NAN;
    return value > 0.0 ? value : 0.0;
  };
  return {positive("_cell_formula_units_Z"), positive("_exptl_crystal_density_diffrn")};
}

}  // namespace gadolin::io
