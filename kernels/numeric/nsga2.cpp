#include "kernels/numeric/nsga2.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "kernels/numeric/random.hpp"

namespace gadolin {

namespace {

constexpr double endless = std::numeric_limits<double>::infinity();

/// a dominates b: nowhere worse, somewhere better.
bool dominates(const double* a, const double* b, std::size_t m) {
  bool better = false;
  for (std::size_t k = 0; k < m; ++k) {
    if (a[k] > b[k]) return false;
    better = better || a[k] < b[k];
  }
  return better;
}

double row_violation(const std::vector<double>& objectives, std::size_t m,
                     const std::vector<double>& violation, std::size_t i) {
  for (std::size_t k = 0; k < m; ++k) {
    if (!(objectives[i * m + k] - objectives[i * m + k] == 0.0)) return endless;
  }
  if (violation.empty()) return 0.0;
  return violation[i] > 0.0 ? violation[i] : (violation[i] <= 0.0 ? 0.0 : endless);
}

double volume_of(std::vector<std::vector<double>> points, const std::vector<double>& reference,
                 std::size_t m) {
  if (points.empty()) return 0.0;
  if (m == 1) {
    double best = reference[0];
    for (const auto& p : points) best = std::min(best, p[0]);
    return reference[0] - best;
  }
  std::sort(points.begin(), points.end(),
            [m](const auto& a, const auto& b) { return a[m - 1] < b[m - 1]; });
  if (m == 2) {
    double sum = 0.0, first = reference[0];
    for (std::size_t i = 0; i < points.size(); ++i) {
      first = std::min(first, points[i][0]);
      const double top = i + 1 < points.size() ? points[i + 1][1] : reference[1];
      sum += (reference[0] - first) * (top - points[i][1]);
    }
    return sum;
  }
  double sum = 0.0;
  std::vector<std::vector<double>> below;
  for (std::size_t i = 0; i < points.size(); ++i) {
    below.push_back(points[i]);
    const double top = i + 1 < points.size() ? points[i + 1][m - 1] : reference[m - 1];
    if (top > points[i][m - 1]) {
      sum += (top - points[i][m - 1]) * volume_of(below, reference, m - 1);
    }
  }
  return sum;
}

double into(const SearchVariable& v, double value) {
  value = std::clamp(value, v.low, v.high);
  return v.whole ? std::clamp(std::round(value), std::ceil(v.low), std::floor(v.high)) : value;
}

/// Whole numbers are searched as if they reached half a step further, so that the ends are as
/// likely.
double low_of(const SearchVariable& v) { return v.whole ? v.low - 0.499 : v.low; }
double high_of(const SearchVariable& v) { return v.whole ? v.high + 0.499 : v.high; }

void cross(const SearchVariable& v, double index, RandomStream& random, double& a, double& b) {
  const double u = random.uniform(), swap = random.uniform();
  const double low = low_of(v), high = high_of(v);
  double first = std::min(a, b), second = std::max(a, b);
  if (second - first < 1e-14 * std::max(1.0, std::fabs(second))) return;
  const auto spread = [&](double room) {
    const double beta = 1.0 + 2.0 * std::max(room, 0.0) / (second - first);
    const double alpha = 2.0 - std::pow(beta, -(index + 1.0));
    return u <= 1.0 / alpha ? std::pow(u * alpha, 1.0 / (index + 1.0))
                            : std::pow(1.0 / (2.0 - u * alpha), 1.0 / (index + 1.0));
  };
  const double middle = 0.5 * (first + second), half = 0.5 * (second - first);
  first = middle - spread(first - low) * half;
  second = middle + spread(high - second) * half;
  if (swap < 0.5) std::swap(first, second);
  a = into(v, first);
  b = into(v, second);
}

void mutate(const SearchVariable& v, double index, RandomStream& random, double& a) {
  const double u = random.uniform();
  const double low = low_of(v), high = high_of(v), range = high - low;
  if (!(range > 0.0)) return;
  const double down = (a - low) / range, up = (high - a) / range, power = 1.0 / (index + 1.0);
  const double step =
      u < 0.5 ? std::pow(2.0 * u + (1.0 - 2.0 * u) * std::pow(1.0 - down, index + 1.0), power) - 1.0
              : 1.0 - std::pow(2.0 * (1.0 - u) + 2.0 * (u - 0.5) * std::pow(1.0 - up, index + 1.0),
                               power);
  a = into(v, a + step * range);
}

}  // namespace

std::vector<int> pareto_ranks(const std::vector<double>& objectives, std::size_t m,
                              const std::vector<double>& violation) {
  const std::size_t n = m > 0 ? objectives.size() / m : 0;
  std::vector<int> rank(n, 0);
  std::vector<std::size_t> good, bad;
  std::vector<double> wrong(n);
  for (std::size_t i = 0; i < n; ++i) {
    wrong[i] = row_violation(objectives, m, violation, i);
    (wrong[i] > 0.0 ? bad : good).push_back(i);
  }
  const auto row = [&](std::size_t i) { return objectives.data() + i * m; };
  std::stable_sort(good.begin(), good.end(), [&](std::size_t a, std::size_t b) {
    return std::lexicographical_compare(row(a), row(a) + m, row(b), row(b) + m);
  });
  // In this order no later row dominates an earlier one. A row goes to the first front without a
  // member that dominates it; with two objectives the last member tells, and fronts can be
  // bisected.
  std::vector<std::vector<std::size_t>> fronts;
  for (std::size_t i : good) {
    const auto beaten = [&](const std::vector<std::size_t>& front) {
      if (m == 2) return dominates(row(front.back()), row(i), m);
      for (auto it = front.rbegin(); it != front.rend(); ++it) {
        if (dominates(row(*it), row(i), m)) return true;
      }
      return false;
    };
    std::size_t at = 0;
    if (m == 2) {
      std::size_t high = fronts.size();
      while (at < high) {
        const std::size_t mid = (at + high) / 2;
        if (beaten(fronts[mid])) {
          at = mid + 1;
        } else {
          high = mid;
        }
      }
    } else {
      while (at < fronts.size() && beaten(fronts[at])) ++at;
    }
    if (at == fronts.size()) fronts.emplace_back();
    fronts[at].push_back(i);
    rank[i] = static_cast<int>(at);
  }
  std::stable_sort(bad.begin(), bad.end(),
                   [&](std::size_t a, std::size_t b) { return wrong[a] < wrong[b]; });
  int next = static_cast<int>(fronts.size());
  for (std::size_t j = 0; j < bad.size(); ++j) {
    if (j > 0 && wrong[bad[j]] != wrong[bad[j - 1]]) ++next;
    rank[bad[j]] = next;
  }
  return rank;
}

std::vector<double> crowding_distances(const std::vector<double>& objectives, std::size_t m,
                                       const std::vector<int>& rank) {
  const std::size_t n = rank.size();
  std::vector<double> distance(n, 0.0);
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t k = 0; k < m; ++k) {
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      if (rank[a] != rank[b]) return rank[a] < rank[b];
      return objectives[a * m + k] < objectives[b * m + k];
    });
    for (std::size_t begin = 0; begin < n;) {
      std::size_t end = begin;
      while (end < n && rank[order[end]] == rank[order[begin]]) ++end;
      const double range = objectives[order[end - 1] * m + k] - objectives[order[begin] * m + k];
      distance[order[begin]] = distance[order[end - 1]] = endless;
      for (std::size_t i = begin + 1; i + 1 < end; ++i) {
        if (!(range > 0.0)) continue;
        distance[order[i]] +=
            (objectives[order[i + 1] * m + k] - objectives[order[i - 1] * m + k]) / range;
      }
      begin = end;
    }
  }
  return distance;
}

double hypervolume(const std::vector<double>& objectives, std::size_t m,
                   const std::vector<double>& reference) {
  std::vector<std::vector<double>> points;
  for (std::size_t i = 0; m > 0 && i < objectives.size() / m; ++i) {
    bool inside = true;
    for (std::size_t k = 0; k < m; ++k) inside = inside && objectives[i * m + k] < reference[k];
    if (inside) {
      points.emplace_back(objectives.begin() + static_cast<std::ptrdiff_t>(i * m),
                          objectives.begin() + static_cast<std::ptrdiff_t>((i + 1) * m));
    }
  }
  return volume_of(std::move(points), reference, m);
}

FrontPopulation nsga2(const std::vector<SearchVariable>& variables, std::size_t objectives,
                      const Nsga2Settings& settings, const FrontEvaluation& evaluate,
                      const std::vector<double>& start,
                      const std::function<bool(std::size_t generation)>& after_generation) {
  const std::size_t n = std::max<std::size_t>(2, settings.population + settings.population % 2);
  const std::size_t v = variables.size();
  FrontPopulation p;
  p.count = n;
  p.variables = v;
  p.objectives = objectives;
  p.x.resize(n * v);
  for (std::size_t i = 0; i < n; ++i) {
    RandomStream random(settings.seed, i, 61);
    for (std::size_t k = 0; k < v; ++k) {
      const double low = low_of(variables[k]), high = high_of(variables[k]);
      const double drawn = low + random.uniform() * (high - low);
      const bool given = (i + 1) * v <= start.size();
      p.x[i * v + k] = into(variables[k], given ? start[i * v + k] : drawn);
    }
  }
  evaluate(p.x, n, p.f, p.violation);
  p.evaluations = n;
  p.rank = pareto_ranks(p.f, objectives, p.violation);
  std::vector<double> crowding = crowding_distances(p.f, objectives, p.rank);
  const double mutation = settings.mutation_probability > 0.0 ? settings.mutation_probability
                                                              : 1.0 / static_cast<double>(v);
  for (std::size_t generation = 0; generation < settings.generations; ++generation) {
    std::vector<double> child(n * v);
    for (std::size_t pair = 0; pair < n / 2; ++pair) {
      RandomStream random(settings.seed, (generation + 1) * n + pair, 62);
      const auto pick = [&] {
        const auto draw = [&] {
          return std::min(static_cast<std::size_t>(random.uniform() * static_cast<double>(n)),
                          n - 1);
        };
        const std::size_t a = draw(), b = draw();
        if (p.rank[a] != p.rank[b]) return p.rank[a] < p.rank[b] ? a : b;
        return crowding[a] >= crowding[b] ? a : b;
      };
      const std::size_t mother = pick(), father = pick();
      double* one = child.data() + 2 * pair * v;
      double* two = one + v;
      std::copy_n(p.x.begin() + static_cast<std::ptrdiff_t>(mother * v), v, one);
      std::copy_n(p.x.begin() + static_cast<std::ptrdiff_t>(father * v), v, two);
      if (random.uniform() < settings.crossover_probability) {
        for (std::size_t k = 0; k < v; ++k) {
          if (random.uniform() < 0.5) {
            cross(variables[k], settings.crossover_index, random, one[k], two[k]);
          }
        }
      }
      for (double* row : {one, two}) {
        for (std::size_t k = 0; k < v; ++k) {
          if (random.uniform() < mutation) {
            mutate(variables[k], settings.mutation_index, random, row[k]);
          }
        }
      }
    }
    std::vector<double> f, violation;
    evaluate(child, n, f, violation);
    p.evaluations += n;
    std::vector<double> all_x = p.x, all_f = p.f, all_v = p.violation;
    all_x.insert(all_x.end(), child.begin(), child.end());
    all_f.insert(all_f.end(), f.begin(), f.end());
    all_v.insert(all_v.end(), violation.begin(), violation.end());
    const auto rank = pareto_ranks(all_f, objectives, all_v);
    const auto distance = crowding_distances(all_f, objectives, rank);
    std::vector<std::size_t> order(2 * n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      if (rank[a] != rank[b]) return rank[a] < rank[b];
      return distance[a] > distance[b];
    });
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t from = order[i];
      std::copy_n(all_x.begin() + static_cast<std::ptrdiff_t>(from * v), v,
                  p.x.begin() + static_cast<std::ptrdiff_t>(i * v));
      std::copy_n(all_f.begin() + static_cast<std::ptrdiff_t>(from * objectives), objectives,
                  p.f.begin() + static_cast<std::ptrdiff_t>(i * objectives));
      p.violation[i] = all_v[from];
    }
    p.rank = pareto_ranks(p.f, objectives, p.violation);
    crowding = crowding_distances(p.f, objectives, p.rank);
    if (after_generation && !after_generation(generation)) break;
  }
  return p;
}

}  // namespace gadolin
