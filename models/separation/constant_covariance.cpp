#include "models/separation/constant_covariance.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace gadolin::separation {

namespace {

[[noreturn]] void refuse(const Circuit& circuit, const std::string& what) {
  throw Error("E-SEP-040", what,
              circuit.source_file.empty() ? "circuit " + circuit.name : circuit.source_file,
              "give standard uncertainties of log10 K, 0 or more, and a covariance matrix that is "
              "symmetric and positive semidefinite",
              ExitCode::usage);
}

}  // namespace

std::vector<double> covariance_root(const std::vector<double>& covariance, std::size_t n) {
  std::vector<double> root(n * n, 0.0);
  for (std::size_t j = 0; j < n; ++j) {
    double pivot = covariance[j * n + j];
    for (std::size_t m = 0; m < j; ++m) pivot -= root[j * n + m] * root[j * n + m];
    if (!(pivot > 1e-13 * covariance[j * n + j])) continue;  // spent: nothing of its own
    const double d = std::sqrt(pivot);
    root[j * n + j] = d;
    for (std::size_t i = j + 1; i < n; ++i) {
      double v = covariance[i * n + j];
      for (std::size_t m = 0; m < j; ++m) v -= root[i * n + m] * root[j * n + m];
      root[i * n + j] = v / d;
    }
  }
  return root;
}

std::vector<double> constant_covariance(const Circuit& circuit) {
  const ConstantCovariance& u = circuit.uncertainty;
  const std::size_t c = circuit.species.size(), f = u.fitted_species.size();
  const auto sound = [](double v) { return std::isfinite(v) && v >= 0.0; };
  if (!sound(u.u_common) || !sound(u.u_pair)) refuse(circuit, "u_common or u_pair is not usable");
  if (u.fitted.size() != f * f) {
    refuse(circuit, "the fitted covariance has " + std::to_string(u.fitted.size()) +
                        " entries for " + std::to_string(f) + " species");
  }
  if (f > 0) {
    const auto root = covariance_root(u.fitted, f);
    for (std::size_t i = 0; i < f; ++i) {
      for (std::size_t j = 0; j < f; ++j) {
        double back = 0.0;
        for (std::size_t m = 0; m < f; ++m) back += root[i * f + m] * root[j * f + m];
        const double size = std::sqrt(std::fabs(u.fitted[i * f + i] * u.fitted[j * f + j]));
        const bool same = std::fabs(back - u.fitted[i * f + j]) <= 1e-9 * size;
        if (!same) {
          refuse(circuit, "the fitted covariance of " + u.fitted_species[i] + " and " +
                              u.fitted_species[j] + " cannot be one");
        }
      }
    }
  }
  std::vector<std::size_t> place(c, f);  // in the fitted matrix
  std::vector<double> cov(c * c, u.u_common * u.u_common);
  for (std::size_t k = 0; k < c; ++k) {
    const Species& s = circuit.species[k];
    place[k] = static_cast<std::size_t>(
        std::find(u.fitted_species.begin(), u.fitted_species.end(), s.name) -
        u.fitted_species.begin());
    if (place[k] < f) continue;
    const double own = s.u_log10_k.value_or(u.u_pair);
    if (!sound(own)) refuse(circuit, "species " + s.name + ": u_log10_k is not usable");
    cov[k * c + k] += own * own;
  }
  for (std::size_t i = 0; i < c; ++i) {
    for (std::size_t j = 0; j < c; ++j) {
      if (place[i] < f && place[j] < f) cov[i * c + j] += u.fitted[place[i] * f + place[j]];
    }
  }
  return cov;
}

}  // namespace gadolin::separation
