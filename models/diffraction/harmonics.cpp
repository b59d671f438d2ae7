#include "models/diffraction/harmonics.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include <Eigen/Dense>

namespace gadolin::diffraction {

namespace {

constexpr double pi = 3.14159265358979323846;
using Vector = std::array<double, 3>;

/// Factor L' with G* = L L': a reciprocal vector h lies at L' h.
std::array<Vector, 3> frame(const Metric& m) {
  std::array<Vector, 3> u{};  // upper triangle
  u[0][0] = std::sqrt(m[0]);
  u[0][1] = m[5] / u[0][0];
  u[0][2] = m[4] / u[0][0];
  u[1][1] = std::sqrt(std::max(0.0, m[1] - u[0][1] * u[0][1]));
  u[1][2] = u[1][1] > 0.0 ? (m[3] - u[0][1] * u[0][2]) / u[1][1] : 0.0;
  u[2][2] = std::sqrt(std::max(0.0, m[2] - u[0][2] * u[0][2] - u[1][2] * u[1][2]));
  return u;
}

Vector times(const std::array<Vector, 3>& a, const Vector& v) {
  Vector out{};
  for (std::size_t i = 0; i < 3; ++i) out[i] = a[i][0] * v[0] + a[i][1] * v[1] + a[i][2] * v[2];
  return out;
}

/// Real spherical harmonics of one l with mean square 1: m = 0, cos 1, sin 1, ...
std::vector<double> real_harmonics(int l, const Vector& n) {
  const double z = std::clamp(n[2], -1.0, 1.0), rho = std::sqrt(std::max(0.0, 1.0 - z * z));
  const double phi = std::atan2(n[1], n[0]);
  std::vector<double> out;
  for (int m = 0; m <= l; ++m) {
    double now = 1.0, before = 0.0;  // P_m^m without the Condon-Shortley sign, then up to P_l^m
    for (int k = 1; k <= m; ++k) now *= (2.0 * k - 1.0) * rho;
    for (int k = m + 1; k <= l; ++k) {
      const double next = ((2.0 * k - 1.0) * z * now - (k + m - 1.0) * before) / (k - m);
      before = now;
      now = next;
    }
    double norm = (2.0 * l + 1.0) * (m == 0 ? 1.0 : 2.0);
    for (int k = l - m + 1; k <= l + m; ++k) norm /= k;
    const double value = std::sqrt(norm) * now;
    if (m == 0) {
      out.push_back(value);
    } else {
      out.push_back(value * std::cos(m * phi));
      out.push_back(value * std::sin(m * phi));
    }
  }
  return out;
}

/// The rotations of reciprocal vectors, as matrices of the Cartesian frame.
std::vector<std::array<Vector, 3>> cartesian_group(const CrystalStructure& structure) {
  const auto u = frame(reciprocal_metric(structure.cell));
  Eigen::Matrix3d upper;
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      upper(i, j) = u[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
    }
  }
  const Eigen::Matrix3d back = upper.inverse();
  std::vector<std::array<Vector, 3>> group;
  for (const auto& r : point_group(structure)) {
    Eigen::Matrix3d rotation;  // h' = h R, a row: R' on the column
    for (int i = 0; i < 3; ++i) {
      for (int j = 0; j < 3; ++j) {
        rotation(i, j) = r[static_cast<std::size_t>(j)][static_cast<std::size_t>(i)];
      }
    }
    const Eigen::Matrix3d turned = upper * rotation * back;
    std::array<Vector, 3> one{};
    for (int i = 0; i < 3; ++i) {
      for (int j = 0; j < 3; ++j) {
        one[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] = turned(i, j);
      }
    }
    group.push_back(one);
  }
  return group;
}

/// Directions and weights that integrate harmonics up to l = 16 exactly: 9 Gauss-Legendre heights,
/// 18 meridians.
struct SpherePoint {
  Vector direction{};
  double weight = 0.0;
};
std::vector<SpherePoint> sphere_rule() {
  constexpr double height[5] = {0.0, 0.32425342340380893, 0.61337143270059040, 0.83603110732663579,
                                0.96816023950762609};
  constexpr double share[5] = {0.33023935500125976, 0.31234707704000284, 0.26061069640293546,
                               0.18064816069485740, 0.08127438836157441};
  std::vector<SpherePoint> points;
  for (int k = -4; k <= 4; ++k) {
    const double z = (k < 0 ? -1.0 : 1.0) * height[std::abs(k)], rho = std::sqrt(1.0 - z * z);
    for (int j = 0; j < 18; ++j) {
      const double phi = 2.0 * pi * (j + 0.25) / 18.0;
      points.push_back(
          {{rho * std::cos(phi), rho * std::sin(phi), z}, 0.5 * share[std::abs(k)] / 18.0});
    }
  }
  return points;
}

using Exponents = std::array<int, 3>;
using Polynomial = std::map<Exponents, double>;

/// Mean of a monomial over the group, written out: h' = h R has h'_j = sum_i h_i R_ij.
Polynomial symmetrised(const Exponents& e, const std::vector<Rotation>& group) {
  Polynomial mean;
  for (const auto& r : group) {
    Polynomial product{{{0, 0, 0}, 1.0 / static_cast<double>(group.size())}};
    for (std::size_t j = 0; j < 3; ++j) {
      for (int power = 0; power < e[j]; ++power) {
        Polynomial next;
        for (const auto& [at, factor] : product) {
          for (std::size_t i = 0; i < 3; ++i) {
            if (r[i][j] == 0) continue;
            Exponents up = at;
            ++up[i];
            next[up] += factor * r[i][j];
          }
        }
        product = std::move(next);
      }
    }
    for (const auto& [at, factor] : product) mean[at] += factor;
  }
  return mean;
}

double monomial(const Exponents& e, const std::array<int, 3>& h) {
  return std::pow(h[0], e[0]) * std::pow(h[1], e[1]) * std::pow(h[2], e[2]);
}

}  // namespace

std::vector<Harmonic> symmetrised_harmonics(const CrystalStructure& structure, int highest) {
  const auto group = cartesian_group(structure);
  const auto rule = sphere_rule();
  std::vector<Harmonic> found;
  for (int l = 2; l <= std::min(highest, 8); l += 2) {
    const int n = 2 * l + 1;
    // Projection on what the group leaves: mean over the group of every harmonic, by harmonics.
    Eigen::MatrixXd projection = Eigen::MatrixXd::Zero(n, n);
    for (const auto& point : rule) {
      const auto here = real_harmonics(l, point.direction);
      for (const auto& turn : group) {
        const auto there = real_harmonics(l, times(turn, point.direction));
        for (int a = 0; a < n; ++a) {
          for (int b = 0; b < n; ++b) {
            projection(a, b) += point.weight * here[static_cast<std::size_t>(a)] *
                                there[static_cast<std::size_t>(b)] /
                                static_cast<double>(group.size());
          }
        }
      }
    }
    std::vector<Eigen::VectorXd> kept;
    for (int b = 0; b < n; ++b) {
      Eigen::VectorXd rest = projection.col(b);
      for (const auto& k : kept) rest -= k.dot(rest) * k;
      if (rest.norm() < 0.05) continue;
      rest.normalize();
      for (const auto& k : kept) rest -= k.dot(rest) * k;
      rest.normalize();
      kept.push_back(rest);
    }
    for (std::size_t k = 0; k < kept.size(); ++k) {
      Harmonic harmonic;
      harmonic.l = l;
      harmonic.coefficient.assign(kept[k].data(), kept[k].data() + n);
      harmonic.name = "l" + std::to_string(l) + "." + std::to_string(k + 1);
      found.push_back(std::move(harmonic));
    }
  }
  return found;
}

std::array<double, 3> direction_of(const Metric& reciprocal, const std::array<double, 3>& hkl) {
  Vector v = times(frame(reciprocal), hkl);
  const double length = std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
  for (double& x : v) x /= length;
  return v;
}

double harmonic_value(const Harmonic& harmonic, const std::array<double, 3>& direction) {
  const auto values = real_harmonics(harmonic.l, direction);
  double sum = 0.0;
  for (std::size_t k = 0; k < values.size(); ++k) sum += harmonic.coefficient[k] * values[k];
  return sum;
}

void set_harmonics(const CrystalStructure& structure, const std::vector<Harmonic>& harmonics,
                   std::vector<Ring>& rings) {
  const Metric own = reciprocal_metric(structure.cell);
  for (auto& ring : rings) {
    ring.terms.assign(harmonics.size(), 0.0);
    for (std::size_t f = 0; f < ring.family.size(); ++f) {
      const auto& h = ring.family[f];
      const auto n = direction_of(
          own, {static_cast<double>(h[0]), static_cast<double>(h[1]), static_cast<double>(h[2])});
      for (std::size_t k = 0; k < harmonics.size(); ++k) {
        ring.terms[k] += ring.family_share[f] * harmonic_value(harmonics[k], n);
      }
    }
  }
}

void split_families(std::vector<Ring>& rings) {
  std::vector<Ring> split;
  for (const auto& ring : rings) {
    for (std::size_t f = 0; f < ring.family.size(); ++f) {
      Ring one = ring;
      one.hkl = ring.family[f];
      one.family = {ring.family[f]};
      one.family_share = {1.0};
      one.cos2.clear();
      one.weight.clear();
      one.multiplicity /= static_cast<double>(ring.family.size());
      for (double& f2 : one.f2_sum) f2 *= ring.family_share[f];
      split.push_back(std::move(one));
    }
  }
  rings = std::move(split);
}

std::vector<StephensTerm> stephens_terms(const Metric& own, const std::vector<Rotation>& group,
                                         const std::vector<Harmonic>& harmonics,
                                         const std::vector<double>& anisotropy, double y_rad) {
  // Monomials of degree 4, those with the highest powers first.
  std::vector<Exponents> all;
  for (int h = 4; h >= 0; --h) {
    for (int k = 4 - h; k >= 0; --k) all.push_back({h, k, 4 - h - k});
  }
  std::stable_sort(all.begin(), all.end(), [](const Exponents& a, const Exponents& b) {
    return *std::max_element(a.begin(), a.end()) > *std::max_element(b.begin(), b.end());
  });
  // Directions: small indices, enough for 15 unknowns.
  std::vector<std::array<int, 3>> places;
  for (int h = -3; h <= 3; ++h) {
    for (int k = -3; k <= 3; ++k) {
      for (int l = 0; l <= 3; ++l) {
        if (h != 0 || k != 0 || l != 0) places.push_back({h, k, l});
      }
    }
  }
  const auto rows = static_cast<Eigen::Index>(places.size());
  std::vector<Eigen::VectorXd> columns, orthogonal;
  std::vector<StephensTerm> terms;
  std::vector<Exponents> leading;
  Eigen::VectorXd size(rows), target(rows);
  for (Eigen::Index i = 0; i < rows; ++i) {
    const auto& h = places[static_cast<std::size_t>(i)];
    const std::array<double, 3> real{static_cast<double>(h[0]), static_cast<double>(h[1]),
                                     static_cast<double>(h[2])};
    const double m = inverse_d_squared(own, real);
    size(i) = 1.0 / (m * m);
    double factor = 1.0;
    const auto n = direction_of(own, real);
    for (std::size_t k = 0; k < anisotropy.size(); ++k) {
      factor += anisotropy[k] * harmonic_value(harmonics[k], n);
    }
    target(i) = y_rad * y_rad * factor;
  }
  for (const auto& e : all) {
    Eigen::VectorXd column(rows);
    for (Eigen::Index i = 0; i < rows; ++i) {
      double mean = 0.0;
      for (const auto& r : group) {
        mean += monomial(e, diffraction::times(places[static_cast<std::size_t>(i)], r));
      }
      column(i) = mean / static_cast<double>(group.size()) * size(i);
    }
    Eigen::VectorXd rest = column;
    for (const auto& o : orthogonal) rest -= o.dot(rest) * o;
    if (rest.norm() < 1e-6 * column.norm() || column.norm() < 1e-12) continue;
    orthogonal.push_back(rest.normalized());
    columns.push_back(column);
    leading.push_back(e);
    terms.push_back(
        {"S" + std::to_string(e[0]) + std::to_string(e[1]) + std::to_string(e[2]), 0.0});
  }
  Eigen::MatrixXd design(rows, static_cast<Eigen::Index>(columns.size()));
  for (std::size_t k = 0; k < columns.size(); ++k) {
    design.col(static_cast<Eigen::Index>(k)) = columns[k];
  }
  const Eigen::VectorXd solution = design.colPivHouseholderQr().solve(target);
  // Quoted is the factor before the monomial in the whole form.
  for (std::size_t k = 0; k < terms.size(); ++k) {
    terms[k].value = 0.0;
    for (std::size_t j = 0; j < terms.size(); ++j) {
      const Polynomial form = symmetrised(leading[j], group);
      const auto part = form.find(leading[k]);
      if (part == form.end()) continue;
      terms[k].value += solution(static_cast<Eigen::Index>(j)) * part->second;
    }
  }
  return terms;
}

}  // namespace gadolin::diffraction
