#include "models/origin/pattern.hpp"

#include <algorithm>
#include <cmath>

namespace gadolin::origin {

namespace {

constexpr double inner_factor = 1.58;
constexpr double end_factor = 2.75;
constexpr int lanthanides = pattern_size - 1;  // Y stands last
constexpr int place_ce = 1, place_eu = 5, place_dy = 8, place_ho = 9, place_y = 14;

int atomic_number_of(int place) { return place < 4 ? 57 + place : 58 + place; }

struct Outlier {
  int place = -1;
  double factor = 1.0;
  double excess = 0.0;  // ln factor over the limit
};

/// The lanthanide farthest off the line through its neighbours, place -1 if all are regular.
Outlier worst_lanthanide(const LogPattern& p, const Normaliser& normaliser) {
  std::vector<double> z, y, u;
  std::vector<int> place;
  for (std::size_t i = 0; i < p.measured.size(); ++i) {
    const int at = p.measured[i];
    if (at >= lanthanides || at == place_ce || at == place_eu) continue;
    const double norm = normaliser.content(pattern_elements[static_cast<std::size_t>(at)]);
    if (!(norm > 0.0)) continue;
    place.push_back(at);
    z.push_back(atomic_number_of(at));
    y.push_back(p.log_value[i] - std::log(norm));
    u.push_back(p.u_log[i]);
  }
  Outlier worst;
  const std::size_t n = place.size();
  if (n < 4) return worst;
  for (std::size_t i = 0; i < n; ++i) {
    const bool end = i == 0 || i + 1 == n;
    const std::size_t a = i == 0 ? 1 : i - 1;
    const std::size_t b = i == 0 ? 2 : i + 1 == n ? i - 2 : i + 1;
    const double share = (z[i] - z[a]) / (z[b] - z[a]);
    const double line = y[a] + share * (y[b] - y[a]);
    const double u_line =
        std::sqrt(u[i] * u[i] + std::pow((1.0 - share) * u[a], 2) + std::pow(share * u[b], 2));
    const double off = std::fabs(y[i] - line);
    const double limit = std::max(std::log(end ? end_factor : inner_factor), 3.0 * u_line);
    if (off - limit > worst.excess) worst = {place[i], std::exp(y[i] - line), off - limit};
  }
  return worst;
}

}  // namespace

int pattern_index(const std::string& element) {
  for (int i = 0; i < pattern_size; ++i) {
    if (element == pattern_elements[static_cast<std::size_t>(i)]) return i;
  }
  return -1;
}

LogPattern log_pattern(const std::vector<std::string>& elements,
                       const std::vector<Quantity>& contents, double default_u_fraction,
                       std::vector<std::string>* refused) {
  std::array<const Quantity*, pattern_size> at{};
  for (std::size_t i = 0; i < elements.size() && i < contents.size(); ++i) {
    const int place = pattern_index(elements[i]);
    if (place >= 0) at[static_cast<std::size_t>(place)] = &contents[i];
  }
  LogPattern pattern;
  for (int place = 0; place < pattern_size; ++place) {
    const Quantity* q = at[static_cast<std::size_t>(place)];
    if (q == nullptr || q->state == ValueState::not_measured) continue;
    const double number = q->state == ValueState::below_lod ? q->lod : q->value;
    if (!(number > 0.0) || !std::isfinite(number)) {
      if (refused != nullptr) {
        refused->push_back(pattern_elements[static_cast<std::size_t>(place)]);
      }
      continue;
    }
    if (q->state == ValueState::measured) {
      const double relative = q->u_known ? q->u_value / q->value : default_u_fraction;
      pattern.measured.push_back(place);
      pattern.log_value.push_back(std::log(number));
      pattern.u_log.push_back(std::sqrt(std::log1p(relative * relative)));
    } else {
      pattern.bounded.push_back(place);
      pattern.side.push_back(q->state == ValueState::below_lod ? -1 : 1);
      pattern.log_bound.push_back(std::log(number));
    }
  }
  return pattern;
}

std::vector<double> contrasts(int n) {
  const auto size = static_cast<std::size_t>(std::max(n, 1));
  std::vector<double> rows((size - 1) * size, 0.0);
  for (std::size_t j = 1; j < size; ++j) {
    const double jj = static_cast<double>(j);
    const double scale = 1.0 / std::sqrt(jj * (jj + 1.0));
    for (std::size_t i = 0; i < j; ++i) rows[(j - 1) * size + i] = scale;
    rows[(j - 1) * size + j] = -jj * scale;
  }
  return rows;
}

std::vector<std::pair<int, double>> irregular_values(const LogPattern& pattern,
                                                     const Normaliser& normaliser) {
  std::vector<std::pair<int, double>> found;
  LogPattern rest = pattern;
  for (Outlier worst = worst_lanthanide(rest, normaliser); worst.place >= 0;
       worst = worst_lanthanide(rest, normaliser)) {
    found.emplace_back(worst.place, worst.factor);
    rest = without(rest, {worst.place});
  }
  const auto log_of = [&](int place) {
    const auto it = std::find(rest.measured.begin(), rest.measured.end(), place);
    return it == rest.measured.end()
               ? std::nan("")
               : rest.log_value[static_cast<std::size_t>(it - rest.measured.begin())];
  };
  const double y = log_of(place_y), ho = log_of(place_ho), dy = log_of(place_dy);
  if (std::isfinite(y) && std::isfinite(ho)) {
    const double ratio = std::exp(y - ho);
    if (ratio < 15.0 || ratio > 55.0) found.emplace_back(place_y, ratio / 28.0);
  } else if (std::isfinite(y) && std::isfinite(dy)) {
    const double ratio = std::exp(y - dy);
    if (ratio < 2.2 || ratio > 13.0) found.emplace_back(place_y, ratio / 6.0);
  }
  return found;
}

LogPattern without(const LogPattern& pattern, const std::vector<int>& places) {
  LogPattern rest = pattern;
  rest.measured.clear();
  rest.log_value.clear();
  rest.u_log.clear();
  for (std::size_t i = 0; i < pattern.measured.size(); ++i) {
    if (std::find(places.begin(), places.end(), pattern.measured[i]) != places.end()) continue;
    rest.measured.push_back(pattern.measured[i]);
    rest.log_value.push_back(pattern.log_value[i]);
    rest.u_log.push_back(pattern.u_log[i]);
  }
  return rest;
}

}  // namespace gadolin::origin
