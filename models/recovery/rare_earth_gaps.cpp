#include "models/recovery/rare_earth_gaps.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "models/core/element.hpp"

namespace gadolin::recovery {

namespace {

constexpr std::size_t on_site = 15;  // rare_earths without Sc

// CI chondrite [mg/kg], La..Lu and Y: McDonough & Sun, Chemical Geology 120 (1995) 223, table 2.
constexpr std::array<double, on_site> chondrite_mg_per_kg = {0.237,  0.613,  0.0928, 0.457,  0.148,
                                                             0.0563, 0.199,  0.0361, 0.246,  0.0546,
                                                             0.160,  0.0247, 0.161,  0.0246, 1.57};

// Atomic numbers; yttrium behaves as Ho, whose radius it has.
constexpr std::array<double, on_site> place = {57, 58, 59, 60, 62, 63, 64, 65,
                                               66, 67, 68, 69, 70, 71, 67};

constexpr double light_host_slope = -0.4, heavy_host_slope = 0.2;

struct Point {
  double at = 0.0, log_normalised = 0.0;
};

/// Mass fraction expected of rare earth i; points sorted by `at`, at least one.
double estimate(std::size_t i, const std::vector<Point>& points, double slope) {
  const Point* below = nullptr;
  const Point* above = nullptr;
  for (const auto& point : points) {
    if (point.at <= place[i]) below = &point;
    if (point.at >= place[i] && above == nullptr) above = &point;
  }
  double log_normalised = 0.0;
  if (below != nullptr && above != nullptr) {
    const double span = above->at - below->at;
    const double part = span > 0.0 ? (place[i] - below->at) / span : 0.0;
    log_normalised = below->log_normalised + part * (above->log_normalised - below->log_normalised);
  } else {
    const Point& nearest = below != nullptr ? *below : *above;
    log_normalised = nearest.log_normalised + slope * (place[i] - nearest.at);
  }
  return std::exp(log_normalised) * chondrite_mg_per_kg[i];
}

}  // namespace

double RareEarthSum::least() const {
  double sum = 0.0;
  for (const auto& gap : gaps) sum += gap.least;
  return sum;
}

double RareEarthSum::excess() const {
  double sum = 0.0;
  for (const auto& gap : gaps) sum += gap.excess;
  return sum;
}

double RareEarthSum::u_excess() const {
  double together = 0.0, apart = 0.0;
  for (const auto& gap : gaps) {
    if (gap.state == ValueState::below_lod) {
      apart += gap.u_excess * gap.u_excess;
    } else {
      together += gap.u_excess;
    }
  }
  return std::sqrt(together * together + apart);
}

SiteSplit RareEarthSum::split(double excess_found) const {
  double variance = 0.0;
  for (const auto& gap : gaps) variance += gap.u_excess * gap.u_excess;
  const double difference = excess_found - excess();
  SiteSplit shares(measured.begin(), measured.end());
  double held = 0.0;  // by the gaps, before the cut at 0 is made good
  for (const auto& gap : gaps) {
    const double part = variance > 0.0 ? gap.u_excess * gap.u_excess / variance : 0.0;
    shares[gap.element] = std::max(0.0, gap.excess + difference * part);
    held += shares[gap.element];
  }
  for (const auto& gap : gaps) {
    if (held > 0.0) shares[gap.element] *= std::max(0.0, excess_found) / held;
    shares[gap.element] += gap.least;
  }
  double total = 0.0;
  for (const auto& [element, share] : shares) total += share;
  for (auto& [element, share] : shares) share /= total;
  return shares;
}

std::map<RareEarthSite, RareEarthSum> rare_earth_sums(const std::vector<PhaseInput>& phases,
                                                      const std::vector<ElementInput>& elements) {
  std::set<RareEarthSite> present;
  for (const auto& phase : phases) present.insert(site_of_formula(phase.formula));
  present.erase(RareEarthSite::none);
  std::map<RareEarthSite, RareEarthSum> sums;
  if (present.empty()) return sums;
  const auto host = [&](const std::string& element) {
    const RareEarthSite site = site_class(element);
    return present.contains(site) ? site : *present.begin();
  };
  std::map<std::string, Quantity> given;
  std::vector<Point> points;
  for (const auto& element : elements) {
    const Quantity& q = element.mass_fraction;
    if (site_class(element.element) == RareEarthSite::none) continue;
    given[element.element] = q;
    if (q.state != ValueState::measured || !(q.value > 0.0)) continue;
    const auto i = static_cast<std::size_t>(rare_earth_index(element.element));
    points.push_back({place[i], std::log(q.value / chondrite_mg_per_kg[i])});
    sums[host(element.element)].measured[element.element] =
        1000.0 * q.value / atomic_weight_g_per_mol(element.element);
  }
  // Ho and Y share a place: the order of the table must not decide which of them is the neighbour.
  std::sort(points.begin(), points.end(), [](const Point& a, const Point& b) {
    return a.at != b.at ? a.at < b.at : a.log_normalised < b.log_normalised;
  });
  for (std::size_t i = 0; i < on_site; ++i) {
    const std::string element = rare_earths[i];
    const auto sum = sums.find(host(element));
    if (sum == sums.end() || sum->second.measured.contains(element)) continue;
    const auto it = given.find(element);
    const Quantity q = it == given.end() ? Quantity{} : it->second;
    if (q.state == ValueState::measured) continue;  // a measured zero
    const double mol = 1000.0 / atomic_weight_g_per_mol(element);
    RareEarthGap gap;
    gap.element = element;
    gap.state = q.state;
    const double slope = sum->first == RareEarthSite::light ? light_host_slope : heavy_host_slope;
    const double expected = mol * estimate(i, points, slope);
    if (q.state == ValueState::below_lod && q.lod > 0.0) {
      gap.excess = 0.5 * mol * q.lod;
      gap.u_excess = mol * q.lod / std::sqrt(12.0);
    } else if (q.state == ValueState::above_range && q.value > 0.0) {
      gap.least = mol * q.value;
      gap.excess = std::max(0.0, expected - gap.least);
      gap.u_excess = std::max(expected, gap.least);
    } else {
      gap.state = ValueState::not_measured;
      gap.excess = gap.u_excess = expected;
    }
    sum->second.gaps.push_back(gap);
  }
  return sums;
}

}  // namespace gadolin::recovery
