#include "models/diffraction/harmonics.hpp"

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "io/readers/structure_library.hpp"

namespace gadolin::diffraction {
namespace {

const std::string datasets = std::string(GADOLIN_SOURCE_DIR) + "/datasets";

CrystalStructure load(const char* name) { return io::load_structure(name, datasets); }

double mean_over_sphere(const std::vector<Harmonic>& harmonics, std::size_t a, int b) {
  double sum = 0.0, weight = 0.0;  // the midpoint rule: an integral not used by the code
  for (int i = 0; i < 90; ++i) {
    const double theta = 3.14159265358979 * (i + 0.5) / 90.0;
    for (int j = 0; j < 60; ++j) {
      const double phi = 6.28318530717959 * (j + 0.3) / 60.0;
      const std::array<double, 3> n{std::sin(theta) * std::cos(phi),
                                    std::sin(theta) * std::sin(phi), std::cos(theta)};
      const double other = b < 0 ? 1.0 : harmonic_value(harmonics[static_cast<std::size_t>(b)], n);
      sum += std::sin(theta) * harmonic_value(harmonics[a], n) * other;
      weight += std::sin(theta);
    }
  }
  return sum / weight;
}

TEST(Harmonics, AreAsManyAsTheLaueClassHas) {
  // Even l = 2, 4, 6, 8; dimension of the part of l that the class leaves alone.
  const std::map<std::string, std::array<int, 4>> expected{{"microcline", {5, 9, 13, 17}},   // -1
                                                           {"monazite-Ce", {3, 5, 7, 9}},    // 2/m
                                                           {"shcherbinaite", {2, 3, 4, 5}},  // mmm
                                                           {"rutile", {1, 2, 2, 3}},        // 4/mmm
                                                           {"corundum", {1, 2, 3, 3}},      // -3m
                                                           {"dolomite", {1, 3, 5, 5}},      // -3
                                                           {"zincite", {1, 1, 2, 2}},       // 6/mmm
                                                           {"fluorapatite", {1, 1, 3, 3}},  // 6/m
                                                           {"pyrite", {0, 1, 2, 1}},        // m-3
                                                           {"fluorite", {0, 1, 1, 1}}};     // m-3m
  int known = 0;
  for (const auto& [name, counts] : expected) {
    CrystalStructure structure;
    try {
      structure = load(name.c_str());
    } catch (const Error&) {
      continue;  // not in this library
    }
    ++known;
    std::array<int, 4> found{};
    for (const auto& h : symmetrised_harmonics(structure, 8)) {
      ++found[static_cast<std::size_t>(h.l / 2 - 1)];
    }
    EXPECT_EQ(found, counts) << name;
  }
  EXPECT_GE(known, 8);
}

TEST(Harmonics, AreOrthonormalWithMeanZeroAndTheSameForEquivalentDirections) {
  for (const char* name : {"corundum", "fluorite", "monazite-Ce"}) {
    const auto structure = load(name);
    const auto harmonics = symmetrised_harmonics(structure, 4);
    for (std::size_t a = 0; a < harmonics.size(); ++a) {
      EXPECT_NEAR(mean_over_sphere(harmonics, a, -1), 0.0, 2e-3) << name;
      for (std::size_t b = 0; b <= a; ++b) {
        EXPECT_NEAR(mean_over_sphere(harmonics, a, static_cast<int>(b)), a == b ? 1.0 : 0.0, 2e-3)
            << name;
      }
      const Metric own = reciprocal_metric(structure.cell);
      for (const auto& r : point_group(structure)) {
        const auto mate = times({1, 2, 3}, r);
        EXPECT_NEAR(harmonic_value(harmonics[a], direction_of(own, {1, 2, 3})),
                    harmonic_value(harmonics[a], direction_of(own, {static_cast<double>(mate[0]),
                                                                    static_cast<double>(mate[1]),
                                                                    static_cast<double>(mate[2])})),
                    1e-9)
            << name;
      }
    }
  }
}

TEST(Harmonics, ExpandMarchDollase) {
  // r = 0.9 along [001] of a hexagonal crystal: coefficients by quadrature over the angle.
  const auto structure = load("zincite");
  const auto harmonics = symmetrised_harmonics(structure, 8);
  const double r = 0.9;
  const auto march = [&](double c) { return std::pow(r * r * c * c + (1.0 - c * c) / r, -1.5); };
  std::vector<double> coefficient(harmonics.size(), 0.0);
  const int n = 400;
  for (int i = 0; i < n; ++i) {
    const double z = (i + 0.5) / n, rho = std::sqrt(1.0 - z * z);
    for (int j = 0; j < 24; ++j) {  // a mean over the azimuth leaves the zonal ones
      const double phi = 6.28318530717959 * (j + 0.1) / 24.0;
      for (std::size_t k = 0; k < harmonics.size(); ++k) {
        coefficient[k] +=
            march(z) / n / 24.0 *
            harmonic_value(harmonics[k], {rho * std::cos(phi), rho * std::sin(phi), z});
      }
    }
  }
  auto rings = std::vector<Ring>(3);
  rings[0].family = {{0, 0, 2}};
  rings[1].family = {{1, 0, 0}};
  rings[2].family = {{1, 0, 1}};
  for (auto& ring : rings) ring.family_share = {1.0};
  set_harmonics(structure, harmonics, rings);
  set_texture_axis(structure, {0, 0, 1}, rings);
  for (const auto& ring : rings) {
    double sum = 1.0;
    for (std::size_t k = 0; k < harmonics.size(); ++k) sum += coefficient[k] * ring.terms[k];
    EXPECT_NEAR(sum, march(std::sqrt(ring.cos2.front())), 0.003);  // what l > 8 holds
  }
}

TEST(Stephens, IsIsotropicWhereTheAnisotropyIsZero) {
  // (1/d^2)^2 y^2 written out: cubic a*^4 (h^4 + k^4 + l^4 + 2 (h^2 k^2 + ...)).
  const auto cubic = load("fluorite");
  const Metric own = reciprocal_metric(cubic.cell);
  const double y = 0.004, unit = y * y * own[0] * own[0];
  const auto terms =
      stephens_terms(own, point_group(cubic), symmetrised_harmonics(cubic, 4), {0.0}, y);
  ASSERT_EQ(terms.size(), 2u);
  EXPECT_EQ(terms[0].name, "S400");
  EXPECT_NEAR(terms[0].value / unit, 1.0, 1e-9);
  EXPECT_EQ(terms[1].name, "S220");
  EXPECT_NEAR(terms[1].value / unit, 2.0, 1e-9);

  const auto hexagonal = load("zincite");  // (A (h^2 + h k + k^2) + C l^2)^2
  const Metric metric = reciprocal_metric(hexagonal.cell);
  for (const auto& term : stephens_terms(metric, point_group(hexagonal),
                                         symmetrised_harmonics(hexagonal, 4), {0.0, 0.0}, y)) {
    const std::map<std::string, double> expected{{"S400", metric[0] * metric[0]},
                                                 {"S004", metric[2] * metric[2]},
                                                 {"S202", 2.0 * metric[0] * metric[2]}};
    ASSERT_TRUE(expected.count(term.name) == 1) << term.name;
    EXPECT_NEAR(term.value / (y * y * expected.at(term.name)), 1.0, 1e-9) << term.name;
  }
}

TEST(Stephens, HasAsManyTermsAsThePublishedTable) {
  // Stephens (1999), table 1: 15, 9, 6, 5 and 4, 5 and 4, 3, 2.
  const std::map<std::string, std::size_t> expected{{"monazite-Ce", 9}, {"shcherbinaite", 6},
                                                    {"rutile", 4},      {"corundum", 4},
                                                    {"zincite", 3},     {"fluorite", 2}};
  for (const auto& [name, count] : expected) {
    const auto structure = load(name.c_str());
    const auto harmonics = symmetrised_harmonics(structure, 4);
    const auto terms = stephens_terms(reciprocal_metric(structure.cell), point_group(structure),
                                      harmonics, std::vector<double>(harmonics.size(), 0.1), 0.01);
    EXPECT_EQ(terms.size(), count) << name;
    EXPECT_EQ(harmonics.size() + 1, count) << name;  // the same space, with l = 0
  }
}

TEST(Stephens, GivesTheWidthOfEveryLineBack) {
  const auto structure = load("corundum");
  const Metric own = reciprocal_metric(structure.cell);
  const auto harmonics = symmetrised_harmonics(structure, 4);
  const std::vector<double> a{0.3, -0.2, 0.15};
  const double y = 0.01;
  std::map<std::string, double> s;
  for (const auto& term : stephens_terms(own, point_group(structure), harmonics, a, y)) {
    s[term.name] = term.value;
  }
  // -3m in hexagonal axes: S400 (h^2 + h k + k^2)^2 + S202 (h^2 + h k + k^2) l^2 + S004 l^4
  // + S211 / 3 (h - k)(2 h + k)(h + 2 k) l.
  const auto form = [&](double h, double k, double l) {
    const double net = h * h + h * k + k * k;
    return s.at("S400") * net * net + s.at("S202") * net * l * l + s.at("S004") * l * l * l * l +
           s.at("S211") / 3.0 * (h - k) * (2.0 * h + k) * (h + 2.0 * k) * l;
  };
  for (const std::array<double, 3>& h :
       {std::array<double, 3>{1, 0, 4}, {0, 1, 2}, {1, 1, 3}, {0, 0, 6}, {3, 0, 0}}) {
    double factor = 1.0;
    for (std::size_t k = 0; k < a.size(); ++k) {
      factor += a[k] * harmonic_value(harmonics[k], direction_of(own, h));
    }
    const double m = inverse_d_squared(own, h);
    EXPECT_NEAR(form(h[0], h[1], h[2]) / (m * m), y * y * factor, 1e-9) << h[0] << h[1] << h[2];
  }
}

TEST(Families, TakenApartKeepTheIntensity) {
  Ring ring;
  ring.hkl = {5, 1, 1};
  ring.multiplicity = 32.0;
  ring.f2_sum = {100.0, 98.0};
  ring.family = {{5, 1, 1}, {3, 3, 3}};
  ring.family_share = {0.7, 0.3};
  std::vector<Ring> rings{ring};
  split_families(rings);
  ASSERT_EQ(rings.size(), 2u);
  EXPECT_DOUBLE_EQ(rings[0].f2_sum[0] + rings[1].f2_sum[0], 100.0);
  EXPECT_EQ(rings[1].hkl, (std::array<int, 3>{3, 3, 3}));
}

}  // namespace
}  // namespace gadolin::diffraction
