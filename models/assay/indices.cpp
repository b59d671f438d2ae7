#include "models/assay/indices.hpp"

#include <cmath>
#include <map>

#include "models/core/element.hpp"
#include "models/core/pattern_index.hpp"

namespace gadolin::assay {

namespace {

constexpr int first_heavy = 7;  // Tb
constexpr int scandium = 15;

Quantity scaled(const Quantity& q, double factor) {
  Quantity s = q;
  s.value *= factor;
  s.u_value *= factor;
  s.lod *= factor;
  return s;
}

struct Lookup {
  const AssaySample* sample = nullptr;
  const std::vector<double>* covariance = nullptr;
  std::map<std::string, std::size_t> place;

  Quantity of(const std::string& element) const {
    const auto it = place.find(element);
    return it == place.end() ? Quantity{} : sample->values[it->second].mass_fraction;
  }
  double cov(const std::string& a, const std::string& b) const {
    const auto i = place.find(a), j = place.find(b);
    if (covariance->empty() || i == place.end() || j == place.end()) return 0.0;
    return (*covariance)[i->second * sample->values.size() + j->second];
  }
};

/// Sum of oxides of `elements` [wt%] with covariance; elements that are no number go to the note.
Index oxide_sum(const std::string& name, const std::vector<std::string>& elements,
                const Lookup& lookup, const OxideConvention& convention) {
  Index index;
  index.name = name;
  index.unit = "wt%";
  std::vector<std::string> used;
  std::map<ValueState, std::string> left_out;
  bool known = true;
  for (const auto& element : elements) {
    const Quantity q = lookup.of(element);
    if (q.state != ValueState::measured) {
      left_out[q.state] += " " + element;
      continue;
    }
    used.push_back(element);
    known = known && q.u_known;
    if (!index.elements.empty()) index.elements.push_back(' ');
    index.elements += element;
    index.value.value += 100.0 * to_oxide(q, element, convention).value;
  }
  for (const auto& [state, list] : left_out) {
    if (!index.note.empty()) index.note += "; ";
    index.note += to_string(state);
    index.note += ", not in the sum:";
    index.note += list;
  }
  if (used.empty()) return index;
  index.value.state = ValueState::measured;
  index.value.u_known = known;
  double variance = 0.0;
  for (const auto& a : used) {
    const double fa = element_to_oxide_factor(a, oxide_of(a, convention));
    for (const auto& b : used) {
      const double fb = element_to_oxide_factor(b, oxide_of(b, convention));
      const double u = lookup.of(a).u_value;
      const double cov = lookup.covariance->empty() ? (a == b ? u * u : 0.0) : lookup.cov(a, b);
      variance += fa * fb * cov;
    }
  }
  index.value.u_value = known ? 100.0 * std::sqrt(std::fmax(variance, 0.0)) : 0.0;
  return index;
}

Index ratio(const std::string& name, const std::string& top, const std::string& bottom,
            const Lookup& lookup, const Normaliser* normaliser) {
  Index index;
  index.name = name;
  index.unit.assign(1, '1');  // = "1" makes gcc 12 warn of an overlap that is none
  index.elements.append(top).append(" ").append(bottom);
  double norm = 1.0;
  if (normaliser != nullptr) {
    const double below = normaliser->content(bottom);
    norm = below > 0.0 ? normaliser->content(top) / below : 0.0;
    index.note = normaliser->name;
  }
  index.value = ratio_index(lookup.of(top), lookup.of(bottom), norm, lookup.cov(top, bottom));
  return index;
}

Index anomaly(const std::string& name, const std::string& centre, const std::string& left,
              const std::string& right, const Lookup& lookup, const Normaliser& normaliser) {
  Index index;
  index.name = name;
  index.unit.assign(1, '1');  // = "1" makes gcc 12 warn of an overlap that is none
  index.elements.append(left).append(" ").append(centre).append(" ").append(right);
  index.note = normaliser.name;
  index.value = anomaly_index(lookup.of(centre), lookup.of(left), lookup.of(right),
                              normaliser.content(centre), normaliser.content(left),
                              normaliser.content(right));
  return index;
}

}  // namespace

std::string oxide_of(const std::string& element, const OxideConvention& convention) {
  if (element == "Ce") return convention.cerium;
  if (element == "Pr") return convention.praseodymium;
  if (element == "Tb") return convention.terbium;
  return default_oxide(element);
}

Quantity to_oxide(const Quantity& element_content, const std::string& element,
                  const OxideConvention& convention) {
  return scaled(element_content, element_to_oxide_factor(element, oxide_of(element, convention)));
}

Quantity to_element(const Quantity& oxide_content, const std::string& element,
                    const OxideConvention& convention) {
  return scaled(oxide_content,
                1.0 / element_to_oxide_factor(element, oxide_of(element, convention)));
}

std::vector<Index> indices(const AssaySample& sample, const Normaliser& normaliser,
                           const OxideConvention& convention,
                           const std::vector<double>& covariance) {
  if (!covariance.empty() && covariance.size() != sample.values.size() * sample.values.size()) {
    throw Error("E-ASSAY-001",
                "covariance holds " + std::to_string(covariance.size()) + " numbers for " +
                    std::to_string(sample.values.size()) + " values",
                sample.id, "give values * values numbers, row by row");
  }
  Lookup lookup{&sample, &covariance, {}};
  for (std::size_t i = 0; i < sample.values.size(); ++i) lookup.place[sample.values[i].element] = i;

  std::vector<std::string> light, heavy, all;
  for (int i = 0; i < scandium; ++i) {
    const std::string element = rare_earths[static_cast<std::size_t>(i)];
    (i < first_heavy ? light : heavy).push_back(element);
    all.push_back(element);
  }
  std::vector<Index> list = {oxide_sum("TREO", all, lookup, convention),
                             oxide_sum("LREO", light, lookup, convention),
                             oxide_sum("HREO", heavy, lookup, convention)};

  // Share s = (Nd + Pr)/TREO: ds/dx_i = f_i (in - s)/TREO.
  Index share;
  share.name = "NdPr share";
  share.unit = "1";
  share.elements = list[0].elements;
  share.note = list[0].note;
  const Index ndpr = oxide_sum("NdPr", {"Nd", "Pr"}, lookup, convention);
  if (ndpr.value.state == ValueState::measured && ndpr.elements == "Nd Pr") {
    const double total = list[0].value.value;
    const double s = ndpr.value.value / total;
    double variance = 0.0;
    const auto slope = [&](const std::string& e) {
      return 100.0 * element_to_oxide_factor(e, oxide_of(e, convention)) *
             ((e == "Nd" || e == "Pr" ? 1.0 : 0.0) - s) / total;
    };
    for (const auto& a : all) {
      if (lookup.of(a).state != ValueState::measured) continue;
      for (const auto& b : all) {
        if (lookup.of(b).state != ValueState::measured) continue;
        const double u = lookup.of(a).u_value;
        variance +=
            slope(a) * slope(b) * (covariance.empty() ? (a == b ? u * u : 0.0) : lookup.cov(a, b));
      }
    }
    share.value = {s, std::sqrt(std::fmax(variance, 0.0)), 0.0, ValueState::measured,
                   list[0].value.u_known};
  }
  list.push_back(share);

  list.push_back(anomaly("Eu/Eu*", "Eu", "Sm", "Gd", lookup, normaliser));
  list.push_back(anomaly("Ce/Ce*", "Ce", "La", "Pr", lookup, normaliser));
  list.push_back(ratio("(La/Yb)N", "La", "Yb", lookup, &normaliser));
  list.push_back(ratio("(La/Sm)N", "La", "Sm", lookup, &normaliser));
  list.push_back(ratio("(Gd/Yb)N", "Gd", "Yb", lookup, &normaliser));
  list.push_back(ratio("Y/Ho", "Y", "Ho", lookup, nullptr));
  list.push_back(ratio("Nd/Pr", "Nd", "Pr", lookup, nullptr));
  list.push_back(ratio("Sm/Nd", "Sm", "Nd", lookup, nullptr));
  list.push_back(ratio("Th/U", "Th", "U", lookup, nullptr));
  return list;
}

Index find_index(const std::vector<Index>& indices, const std::string& name) {
  for (const auto& index : indices) {
    if (index.name == name) return index;
  }
  Index none;
  none.name = name;
  return none;
}

}  // namespace gadolin::assay
