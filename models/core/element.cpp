#include "models/core/element.hpp"

#include <cctype>
#include <cstdlib>
#include <map>

#include "models/core/error.hpp"

namespace gadolin {

namespace {

struct ElementRow {
  const char* symbol;
  double weight;  // g/mol, 0 where no standard value exists
};

// IUPAC Commission on Isotopic Abundances and Atomic Weights, standard atomic weights 2021
// (Prohaska et al. 2022, Pure Appl. Chem. 94, 573), conventional values where an interval is given.
constexpr ElementRow table[] = {
    {"H", 1.008},       {"He", 4.002602}, {"Li", 6.94},       {"Be", 9.0121831},
    {"B", 10.81},       {"C", 12.011},    {"N", 14.007},      {"O", 15.999},
    {"F", 18.998403},   {"Ne", 20.1797},  {"Na", 22.989769},  {"Mg", 24.305},
    {"Al", 26.981538},  {"Si", 28.085},   {"P", 30.973762},   {"S", 32.06},
    {"Cl", 35.45},      {"Ar", 39.95},    {"K", 39.0983},     {"Ca", 40.078},
    {"Sc", 44.955907},  {"Ti", 47.867},   {"V", 50.9415},     {"Cr", 51.9961},
    {"Mn", 54.938043},  {"Fe", 55.845},   {"Co", 58.933194},  {"Ni", 58.6934},
    {"Cu", 63.546},     {"Zn", 65.38},    {"Ga", 69.723},     {"Ge", 72.630},
    {"As", 74.921595},  {"Se", 78.971},   {"Br", 79.904},     {"Kr", 83.798},
    {"Rb", 85.4678},    {"Sr", 87.62},    {"Y", 88.905838},   {"Zr", 91.224},
    {"Nb", 92.90637},   {"Mo", 95.95},    {"Tc", 0.0},        {"Ru", 101.07},
    {"Rh", 102.90549},  {"Pd", 106.42},   {"Ag", 107.8682},   {"Cd", 112.414},
    {"In", 114.818},    {"Sn", 118.710},  {"Sb", 121.760},    {"Te", 127.60},
    {"I", 126.90447},   {"Xe", 131.293},  {"Cs", 132.90545},  {"Ba", 137.327},
    {"La", 138.90547},  {"Ce", 140.116},  {"Pr", 140.90766},  {"Nd", 144.242},
    {"Pm", 0.0},        {"Sm", 150.36},   {"Eu", 151.964},    {"Gd", 157.249},
    {"Tb", 158.925354}, {"Dy", 162.500},  {"Ho", 164.930329}, {"Er", 167.259},
    {"Tm", 168.934219}, {"Yb", 173.045},  {"Lu", 174.96669},  {"Hf", 178.486},
    {"Ta", 180.94788},  {"W", 183.84},    {"Re", 186.207},    {"Os", 190.23},
    {"Ir", 192.217},    {"Pt", 195.084},  {"Au", 196.96657},  {"Hg", 200.592},
    {"Tl", 204.38},     {"Pb", 207.2},    {"Bi", 208.98040},  {"Po", 0.0},
    {"At", 0.0},        {"Rn", 0.0},      {"Fr", 0.0},        {"Ra", 0.0},
    {"Ac", 0.0},        {"Th", 232.0377}, {"Pa", 231.03588},  {"U", 238.02891}};
constexpr int table_size = static_cast<int>(sizeof(table) / sizeof(table[0]));

const std::map<std::string, int, std::less<>>& numbers() {
  static const auto map = [] {
    std::map<std::string, int, std::less<>> m;
    for (int i = 0; i < table_size; ++i) m[table[i].symbol] = i + 1;
    return m;
  }();
  return map;
}

class FormulaParser {
 public:
  explicit FormulaParser(std::string_view text) : text_(text) {}

  std::vector<FormulaTerm> parse() {
    std::map<std::string, double> counts;
    std::vector<std::string> order;
    group(counts, order, 0);
    if (at_ != text_.size()) fail();
    if (order.empty()) fail();
    std::vector<FormulaTerm> terms;
    for (const auto& element : order) terms.push_back({element, counts[element]});
    return terms;
  }

 private:
  [[noreturn]] void fail() const {
    throw Error("E-ELEM-002",
                "formula \"" + std::string(text_) + "\" is not understood at position " +
                    std::to_string(at_ + 1),
                "", "write elements with counts and round brackets, such as Ca5(PO4)3F");
  }

  double number() {
    std::size_t end = at_;
    while (end < text_.size() &&
           (std::isdigit(static_cast<unsigned char>(text_[end])) || text_[end] == '.'))
      ++end;
    if (end == at_) return 1.0;
    const std::string digits(text_.substr(at_, end - at_));
    char* stop = nullptr;
    const double value = std::strtod(digits.c_str(), &stop);
    if (*stop != '\0' || !(value > 0.0)) fail();
    at_ = end;
    return value;
  }

  void group(std::map<std::string, double>& counts, std::vector<std::string>& order, int depth) {
    if (depth > 16) fail();
    while (at_ < text_.size() && text_[at_] != ')') {
      std::map<std::string, double> inner;
      std::vector<std::string> inner_order;
      if (text_[at_] == '(') {
        ++at_;
        group(inner, inner_order, depth + 1);
        if (at_ >= text_.size() || text_[at_] != ')' || inner_order.empty()) fail();
        ++at_;
      } else {
        if (!std::isupper(static_cast<unsigned char>(text_[at_]))) fail();
        std::string symbol(1, text_[at_]);
        if (at_ + 1 < text_.size() && std::islower(static_cast<unsigned char>(text_[at_ + 1]))) {
          symbol += text_[at_ + 1];
        }
        if (!numbers().contains(symbol)) fail();
        at_ += symbol.size();
        inner[symbol] = 1.0;
        inner_order.push_back(symbol);
      }
      const double n = number();
      for (const auto& symbol : inner_order) {
        if (!counts.contains(symbol)) order.push_back(symbol);
        counts[symbol] += n * inner[symbol];
      }
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<int> atomic_number(std::string_view symbol) {
  const auto found = numbers().find(symbol);
  if (found == numbers().end()) return std::nullopt;
  return found->second;
}

std::string element_symbol(int z) {
  if (z < 1 || z > table_size) {
    throw Error("E-ELEM-001", "no element with atomic number " + std::to_string(z), "",
                "use 1 to " + std::to_string(table_size));
  }
  return table[z - 1].symbol;
}

double atomic_weight_g_per_mol(std::string_view symbol) {
  const auto z = atomic_number(symbol);
  if (!z || table[*z - 1].weight == 0.0) {
    throw Error("E-ELEM-001",
                "element \"" + std::string(symbol) + "\" has no standard atomic weight", "",
                "check the spelling; the first letter is a capital");
  }
  return table[*z - 1].weight;
}

bool is_rare_earth(std::string_view symbol) { return rare_earth_index(symbol) >= 0; }

int rare_earth_index(std::string_view symbol) {
  for (std::size_t i = 0; i < rare_earths.size(); ++i) {
    if (symbol == rare_earths[i]) return static_cast<int>(i);
  }
  return -1;
}

std::vector<FormulaTerm> parse_formula(std::string_view formula) {
  return FormulaParser(formula).parse();
}

double formula_weight_g_per_mol(const std::vector<FormulaTerm>& formula) {
  double weight = 0.0;
  for (const auto& term : formula) weight += term.count * atomic_weight_g_per_mol(term.element);
  return weight;
}

std::string default_oxide(std::string_view element) {
  static const std::map<std::string, std::string, std::less<>> oxides = {
      {"La", "La2O3"}, {"Ce", "CeO2"},  {"Pr", "Pr6O11"}, {"Nd", "Nd2O3"}, {"Sm", "Sm2O3"},
      {"Eu", "Eu2O3"}, {"Gd", "Gd2O3"}, {"Tb", "Tb4O7"},  {"Dy", "Dy2O3"}, {"Ho", "Ho2O3"},
      {"Er", "Er2O3"}, {"Tm", "Tm2O3"}, {"Yb", "Yb2O3"},  {"Lu", "Lu2O3"}, {"Y", "Y2O3"},
      {"Sc", "Sc2O3"}, {"Th", "ThO2"},  {"U", "U3O8"},    {"Si", "SiO2"},  {"Al", "Al2O3"},
      {"Fe", "Fe2O3"}, {"Ti", "TiO2"},  {"Mn", "MnO"},    {"Mg", "MgO"},   {"Ca", "CaO"},
      {"Na", "Na2O"},  {"K", "K2O"},    {"P", "P2O5"},    {"Ba", "BaO"},   {"Sr", "SrO"},
      {"Zr", "ZrO2"},  {"Hf", "HfO2"},  {"Nb", "Nb2O5"},  {"Ta", "Ta2O5"}, {"V", "V2O5"},
      {"Cr", "Cr2O3"}, {"Ni", "NiO"},   {"Co", "CoO"},    {"Cu", "CuO"},   {"Zn", "ZnO"},
      {"Pb", "PbO"},   {"S", "SO3"},    {"C", "CO2"},     {"H", "H2O"},    {"Li", "Li2O"},
      {"B", "B2O3"},   {"W", "WO3"},    {"Mo", "MoO3"},   {"Sn", "SnO2"},  {"In", "In2O3"},
      {"Bi", "Bi2O3"}, {"Rb", "Rb2O"},  {"Cs", "Cs2O"},   {"Be", "BeO"}};
  const auto found = oxides.find(element);
  return found == oxides.end() ? "" : found->second;
}

double element_to_oxide_factor(std::string_view element, std::string_view oxide) {
  const auto formula = parse_formula(oxide);
  for (const auto& term : formula) {
    if (term.element == element && term.element != "O") {
      return formula_weight_g_per_mol(formula) / (term.count * atomic_weight_g_per_mol(element));
    }
  }
  throw Error("E-ELEM-003",
              "oxide \"" + std::string(oxide) + "\" does not hold " + std::string(element), "",
              "name an oxide of that element, such as " + default_oxide(element));
}

std::string oxide_cation(std::string_view oxide) {
  std::vector<FormulaTerm> formula;
  try {
    formula = parse_formula(oxide);
  } catch (const Error&) {
    return "";
  }
  if (formula.size() != 2 || formula[1].element != "O") return "";
  return formula[0].element;
}

}  // namespace gadolin
