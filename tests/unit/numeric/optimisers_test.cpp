#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/numeric/cmaes.hpp"
#include "kernels/numeric/nsga2.hpp"
#include "kernels/numeric/random.hpp"

namespace gadolin {
namespace {

TEST(ParetoRanks, AgreeWithTheDefinitionForTwoAndThreeObjectives) {
  for (const std::size_t m : {2u, 3u}) {
    RandomStream random(7, m, 0);
    const std::size_t n = 200;
    std::vector<double> f(n * m);
    for (double& value : f) value = std::floor(12.0 * random.uniform());  // with ties
    const auto rank = pareto_ranks(f, m, {});
    const auto dominates = [&](std::size_t a, std::size_t b) {
      bool better = false;
      for (std::size_t k = 0; k < m; ++k) {
        if (f[a * m + k] > f[b * m + k]) return false;
        better = better || f[a * m + k] < f[b * m + k];
      }
      return better;
    };
    // peeling off what nothing left dominates
    std::vector<int> expected(n, -1);
    for (int front = 0;; ++front) {
      std::vector<std::size_t> here;
      for (std::size_t i = 0; i < n; ++i) {
        if (expected[i] >= 0) continue;
        bool beaten = false;
        for (std::size_t j = 0; j < n && !beaten; ++j) beaten = expected[j] < 0 && dominates(j, i);
        if (!beaten) here.push_back(i);
      }
      if (here.empty()) break;
      for (std::size_t i : here) expected[i] = front;
    }
    EXPECT_EQ(rank, expected);
  }
}

TEST(ParetoRanks, ARowThatBreaksAConstraintComesAfterAllThatDoNot) {
  const auto rank = pareto_ranks({5, 5, 0, 0, 1, 1, NAN, 0}, 2, {0.0, 2.0, 1.0, 0.0});

  EXPECT_EQ(rank, (std::vector<int>{0, 2, 1, 3}));
}

TEST(Hypervolume, IsExactOnBoxes) {
  EXPECT_DOUBLE_EQ(hypervolume({1, 3, 2, 2, 3, 1}, 2, {4, 4}), 6.0);
  EXPECT_DOUBLE_EQ(hypervolume({1, 3, 2, 2, 3, 1, 2.5, 2.5, 5, 0}, 2, {4, 4}), 6.0);
  EXPECT_DOUBLE_EQ(hypervolume({1, 1, 1}, 3, {2, 3, 4}), 6.0);
  // two boxes that share a corner: 2x2x1 + 1x1x2 - 1x1x1
  EXPECT_DOUBLE_EQ(hypervolume({0, 0, 1, 1, 1, 0}, 3, {2, 2, 2}), 5.0);
}

FrontPopulation run(const std::vector<SearchVariable>& variables, std::size_t population,
                    std::size_t generations,
                    const std::function<void(const double* x, double* f, double& violation)>& one,
                    std::uint64_t seed = 3) {
  Nsga2Settings settings;
  settings.population = population;
  settings.generations = generations;
  settings.seed = seed;
  return nsga2(variables, 2, settings,
               [&](const std::vector<double>& x, std::size_t count, std::vector<double>& f,
                   std::vector<double>& violation) {
                 f.assign(2 * count, 0.0);
                 violation.assign(count, 0.0);
                 for (std::size_t i = 0; i < count; ++i) {
                   one(x.data() + i * variables.size(), f.data() + 2 * i, violation[i]);
                 }
               });
}

TEST(Nsga2, ReachesTheKnownFrontOfZdt1) {
  const std::vector<SearchVariable> variables(30, {0.0, 1.0, false});
  const auto p = run(variables, 100, 250, [](const double* x, double* f, double&) {
    double g = 1.0;
    for (int k = 1; k < 30; ++k) g += 9.0 / 29.0 * x[k];
    f[0] = x[0];
    f[1] = g * (1.0 - std::sqrt(x[0] / g));
  });

  // below (1.1, 1.1) the front f2 = 1 - sqrt(f1) leaves out the area 1/3 under it
  const double whole = 1.1 * 1.1 - 1.0 / 3.0;
  EXPECT_GT(hypervolume(p.f, 2, {1.1, 1.1}) / whole, 0.985);
  for (std::size_t i = 0; i < p.count; ++i) {
    EXPECT_LT(p.f[2 * i + 1] - (1.0 - std::sqrt(p.f[2 * i])), 0.05);
  }
}

TEST(Nsga2, KeepsToTheConstraintsOfBinhAndKorn) {
  const auto p = run({{0.0, 5.0, false}, {0.0, 3.0, false}}, 100, 100,
                     [](const double* x, double* f, double& violation) {
                       f[0] = 4.0 * x[0] * x[0] + 4.0 * x[1] * x[1];
                       f[1] = (x[0] - 5) * (x[0] - 5) + (x[1] - 5) * (x[1] - 5);
                       const double a = (x[0] - 5) * (x[0] - 5) + x[1] * x[1] - 25.0;
                       const double b = 7.7 - (x[0] - 8) * (x[0] - 8) - (x[1] + 3) * (x[1] + 3);
                       violation = std::max(a, 0.0) + std::max(b, 0.0);
                     });

  // known front: x1 = x2 up to 3, then x2 = 3 and x1 up to 5; measured among the objectives, which
  // are flat across it
  std::vector<double> front;
  for (int i = 0; i <= 5000; ++i) {
    const double x = 0.001 * i, y = std::min(x, 3.0);
    front.insert(front.end(), {4 * x * x + 4 * y * y, (x - 5) * (x - 5) + (y - 5) * (y - 5)});
  }
  const double ratio = hypervolume(p.f, 2, {140, 55}) / hypervolume(front, 2, {140, 55});
  EXPECT_GT(ratio, 0.99);
  EXPECT_LE(ratio, 1.0 + 1e-6);
  for (double v : p.violation) EXPECT_EQ(v, 0.0);
}

TEST(Nsga2, KeepsToTheConstraintsOfSrinivasAndDeb) {
  const auto p = run({{-20.0, 20.0, false}, {-20.0, 20.0, false}}, 100, 150,
                     [](const double* x, double* f, double& violation) {
                       f[0] = 2.0 + (x[0] - 2) * (x[0] - 2) + (x[1] - 1) * (x[1] - 1);
                       f[1] = 9.0 * x[0] - (x[1] - 1) * (x[1] - 1);
                       violation = std::max(x[0] * x[0] + x[1] * x[1] - 225.0, 0.0) +
                                   std::max(x[0] - 3.0 * x[1] + 10.0, 0.0);
                     });

  // the front: x1 = 3 x2 - 10 (second constraint), x1 = -2.5, then the circle (first constraint)
  std::vector<double> front;
  const auto add = [&](double x, double y) {
    front.insert(front.end(),
                 {2 + (x - 2) * (x - 2) + (y - 1) * (y - 1), 9 * x - (y - 1) * (y - 1)});
  };
  for (int i = 0; i <= 5000; ++i) {
    const double t = i / 5000.0;
    add(3 * (2.5 + 1.2 * t) - 10, 2.5 + 1.2 * t);
    add(-2.5, 2.5 + (std::sqrt(218.75) - 2.5) * t);
    add(-2.5 - 7.5 * t, std::sqrt(225 - (2.5 + 7.5 * t) * (2.5 + 7.5 * t)));
  }
  const double ratio = hypervolume(p.f, 2, {250, 0}) / hypervolume(front, 2, {250, 0});
  EXPECT_GT(ratio, 0.98);
  EXPECT_LE(ratio, 1.0 + 1e-4);
  for (double v : p.violation) EXPECT_EQ(v, 0.0);
}

TEST(Nsga2, WholeNumbersStayWholeAndTheSeedDecidesEverything) {
  const auto one = [](const double* x, double* f, double&) {
    f[0] = std::fabs(x[0] - 3.0) + x[1];
    f[1] = std::fabs(x[0] - 9.0) + x[1];
  };
  const std::vector<SearchVariable> variables = {{1.0, 12.0, true}, {0.0, 1.0, false}};
  const auto p = run(variables, 40, 60, one);
  const auto again = run(variables, 40, 60, one);
  const auto other = run(variables, 40, 60, one, 4);

  EXPECT_EQ(p.x, again.x);
  EXPECT_NE(p.x, other.x);
  std::vector<int> seen(13, 0);
  for (std::size_t i = 0; i < p.count; ++i) {
    EXPECT_EQ(p.x[2 * i], std::round(p.x[2 * i]));
    if (p.rank[i] == 0) seen[static_cast<std::size_t>(p.x[2 * i])] = 1;
  }
  for (int whole = 3; whole <= 9; ++whole) EXPECT_EQ(seen[static_cast<std::size_t>(whole)], 1);
}

double minimise(const std::vector<SearchVariable>& variables, const std::vector<double>& start,
                const std::function<double(const double*)>& value, std::size_t most,
                std::vector<double>* at = nullptr) {
  CmaEs search(variables, start, 0.3, 5, 0);
  while (!search.converged() && search.evaluations() < most) {
    const auto points = search.ask();
    std::vector<double> values;
    for (std::size_t i = 0; i < search.population(); ++i) {
      values.push_back(value(points.data() + i * variables.size()));
    }
    search.tell(values);
  }
  if (at != nullptr) *at = search.best();
  return search.best_value();
}

TEST(CmaEs, FindsTheMinimumOfRosenbrockAndOfANarrowEllipsoid) {
  const std::vector<SearchVariable> box(6, {-5.0, 5.0, false});
  const auto rosenbrock = [](const double* x) {
    double sum = 0.0;
    for (int k = 0; k < 5; ++k) {
      sum += 100.0 * std::pow(x[k + 1] - x[k] * x[k], 2) + std::pow(1.0 - x[k], 2);
    }
    return sum;
  };
  const auto ellipsoid = [](const double* x) {
    double sum = 0.0;
    for (int k = 0; k < 6; ++k) sum += std::pow(10.0, 6.0 * k / 5.0) * (x[k] - 1.0) * (x[k] - 1.0);
    return sum;
  };

  std::vector<double> at;
  EXPECT_LT(minimise(box, std::vector<double>(6, -1.0), rosenbrock, 20000, &at), 1e-10);
  for (double x : at) EXPECT_NEAR(x, 1.0, 1e-4);
  EXPECT_LT(minimise(box, std::vector<double>(6, 4.0), ellipsoid, 20000), 1e-8);
}

TEST(CmaEs, FindsAMinimumAtABoundAndLeavesWholeNumbersAlone) {
  std::vector<double> at;
  const std::vector<SearchVariable> variables = {{0.0, 2.0, false}, {1.0, 9.0, true}};
  minimise(
      variables, {1.0, 4.0}, [](const double* x) { return x[0] + x[1]; }, 2000, &at);

  EXPECT_NEAR(at[0], 0.0, 1e-6);
  EXPECT_EQ(at[1], 4.0);
}

TEST(SymmetricEigen, RebuildsTheMatrix) {
  const std::size_t n = 7;
  RandomStream random(1, 1, 1);
  std::vector<double> a(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) a[i * n + j] = a[j * n + i] = random.normal();
  }
  std::vector<double> values, vectors;
  symmetric_eigen(a, n, values, vectors);

  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      double sum = 0.0, unit = 0.0;
      for (std::size_t k = 0; k < n; ++k) {
        sum += vectors[i * n + k] * values[k] * vectors[j * n + k];
        unit += vectors[k * n + i] * vectors[k * n + j];
      }
      EXPECT_NEAR(sum, a[i * n + j], 1e-13);
      EXPECT_NEAR(unit, i == j ? 1.0 : 0.0, 1e-13);
    }
  }
}

}  // namespace
}  // namespace gadolin
