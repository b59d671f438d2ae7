// Far tails on cells: what the polynomials cost in accuracy, that every peak is served once
// everywhere, and that no tail mass is lost.
#include "kernels/diffraction/cells.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/diffraction/refine.hpp"
#include "kernels/exec/team.hpp"
#include "kernels/numeric/random.hpp"

namespace gadolin::diffraction {
namespace {

double interpolate(const double* at_nodes, double t) {
  Pack<double, 1> weight[cell_nodes];
  cell_weights<1>(Pack<double, 1>(t), weight);
  double sum = 0.0;
  for (int j = 0; j < cell_nodes; ++j) sum += weight[j].v * at_nodes[j];
  return sum;
}

TEST(Cells, EightNodesCarryPolynomialsOfDegreeSeven) {
  double values[cell_nodes];
  const auto polynomial = [](double t) {
    return 0.3 + t * (1.0 + t * (-2.0 + t * (0.5 + t * (1.5 + t * (-0.7 + t * (0.2 + t))))));
  };
  for (int j = 0; j < cell_nodes; ++j) values[j] = polynomial(cell_node(j));
  for (double t = -1.0; t <= 1.0; t += 0.01) {
    EXPECT_NEAR(interpolate(values, t), polynomial(t), 1e-13);
  }
}

TEST(Cells, CarryTheTailOfEveryPeakThatCountsAsFar) {
  RandomStream random(20261128, 0, 1);
  double worst = 0.0;
  for (int trial = 0; trial < 3000; ++trial) {
    const double half = 0.05 * std::pow(400.0, random.uniform());
    const double fwhm = half * std::pow(10.0, -3.5 + 4.0 * random.uniform());
    const double ends[2] = {50.0 - half, 50.0 + half};
    const Cell cell = make_cell(ends, 0, 1);
    const double root5 = std::pow(fwhm, 0.2);
    // The nearest place that counts as far.
    const double gap = std::max(3.0 * fwhm, cell.reach * root5) * (1.0 + 1e-9);
    const double centre = 50.0 - half - gap;
    ASSERT_TRUE(is_far(cell, centre, centre, fwhm, root5));
    ASSERT_FALSE(is_far(cell, centre + 2e-3 * gap, centre + 2e-3 * gap, fwhm, root5));
    const auto tail = [&](double x) {
      const double v = 2.0 * (x - centre) / fwhm;
      return 1.0 / (1.0 + v * v);
    };
    double values[cell_nodes];
    for (int j = 0; j < cell_nodes; ++j) values[j] = tail(50.0 + half * cell_node(j));
    for (double t = -1.0; t <= 1.0; t += 0.02) {
      const double exact = tail(50.0 + half * t);
      worst = std::max(worst, std::fabs(interpolate(values, t) - exact) / std::sqrt(exact));
    }
  }
  EXPECT_LT(worst, 2e-5);
}

/// Two phases of random lines, no texture; scales 1 and 0.01.
class Mixture {
 public:
  Mixture(int points, double step) {
    layout = {2, 2};
    RandomStream random(20261128, 0, 2);
    const double highest = 15.0 + step * (points - 1);
    for (int p = 0; p < 2; ++p) {
      std::vector<double> q;
      for (int r = 0; r < 25; ++r) {
        const double sine =
            std::sin(0.5 * (15.0 + (highest - 15.0) * random.uniform()) / 57.29577951308232);
        q.push_back(4.0 * sine * sine / (1.54 * 1.54));
      }
      for (double inverse_d2 : q) {
        RingData ring;
        ring.inverse_d2 = inverse_d2;
        ring.f2_sum[0] = 1e4 * std::exp(1.5 * random.normal());
        rings.push_back(ring);
      }
    }
    for (int i = 0; i < points; ++i) two_theta.push_back(15.0 + step * i);
    counts.assign(two_theta.size(), 0.0);
    parameters.assign(static_cast<std::size_t>(layout.size()), 0.0);
    parameters[Layout::w] = 0.004;
    for (int p = 0; p < 2; ++p) {
      double* own = parameters.data() + layout.phase(p);
      own[Layout::scale] = p == 0 ? 1e-2 : 1e-4;
      own[Layout::x] = p == 0 ? 0.05 : 0.3;
      own[Layout::y] = 0.05;
      own[Layout::march_r] = 1.0;
    }
    const PatternShape shape{layout, points, 50, 0, 0};
    Carver counter{nullptr};
    carve_pattern(shape, counter, model);
    memory.resize(counter.used / sizeof(double) + 8);
    Carver carver{reinterpret_cast<char*>(memory.data())};
    carve_pattern(shape, carver, model);
    scratch.resize(pattern_scratch_bytes(0, 2) / sizeof(double) + 8);
    model.scratch = reinterpret_cast<char*>(scratch.data());
    model.layout = layout;
    model.cell_directions = directions;
    model.points = points;
    model.two_theta_deg = two_theta.data();
    model.counts = counts.data();
    model.ring_begin = begin;
    model.rings = rings.data();
    model.lines = 1;
    model.wavelength_angstrom = wavelength;
    model.relative_intensity = intensity;
    std::copy(parameters.begin(), parameters.end(), model.parameters);
    model.prepare(team);
    model.make_peaks(team);
  }
  /// Each phase at unit scale, as the cells give it and summed plainly.
  void sums(double smallest_sigma, std::vector<double> (&cells)[2],
            std::vector<double> (&plain)[2]) {
    model.set_windows(team, smallest_sigma);
    for (auto& values : cells) values.assign(two_theta.size(), 0.0);
    model.calculate(team, [&](int i, double, double, const double* shares) {
      for (int p = 0; p < 2; ++p) {
        cells[p][static_cast<std::size_t>(i)] = shares[p * rows_per_pass<SerialTeam>()];
      }
    });
    for (int p = 0; p < 2; ++p) {
      std::vector<Peak> peaks;
      std::vector<int> all;
      for (int r = begin[p]; r < begin[p + 1]; ++r) {
        Peak peak;
        make_peak(rings[static_cast<std::size_t>(r)], 0, 1.54, 1.0, layout, p, 0, model.setting,
                  parameters.data(), peak);
        peaks.push_back(peak);
        all.push_back(r - begin[p]);
      }
      plain[p].clear();
      for (double x : two_theta) {
        plain[p].push_back(sum_of_peaks(peaks.data(), all.data(), static_cast<int>(all.size()), x));
      }
    }
  }

  SerialTeam team{nullptr, nullptr};
  Layout layout;
  std::vector<RingData> rings;
  std::vector<double> two_theta, counts, parameters, memory, scratch;
  int begin[3] = {0, 25, 50}, directions[2] = {0, 0};
  double wavelength[4] = {1.54, 1.54, 1.54, 1.54}, intensity[4] = {1.0, 0.0, 0.0, 0.0};
  PatternModel model;
};

TEST(Tails, KeepTheAreaOfAPhaseToOnePerMilleHoweverWeakItIs) {
  // The second phase is a hundred times weaker than the first, and six times broader.
  for (const double sigma : {1.0, 10.0, 100.0}) {
    Mixture mixture(6000, 0.02);
    std::vector<double> cells[2], plain[2];
    mixture.sums(sigma, cells, plain);
    for (int p = 0; p < 2; ++p) {
      double kept = 0.0, whole = 0.0;
      for (std::size_t i = 0; i < plain[p].size(); ++i) {
        kept += cells[p][i];
        whole += plain[p][i];
      }
      EXPECT_NEAR(kept / whole, 1.0, 1e-3) << "phase " << p << ", sigma " << sigma;
    }
  }
}

TEST(Cells, ServeEveryPeakAtEveryPointOnce) {
  for (int points : {33, 500, 2049, 6000}) {
    Mixture mixture(points, points > 3000 ? 0.02 : 0.05);
    std::vector<double> cells[2], plain[2];
    mixture.sums(1e-12, cells, plain);  // nothing is below the noise
    for (int p = 0; p < 2; ++p) {
      const double highest = *std::max_element(plain[p].begin(), plain[p].end());
      for (std::size_t i = 0; i < plain[p].size(); ++i) {
        ASSERT_NEAR(cells[p][i], plain[p][i], 2e-5 * std::sqrt(highest * plain[p][i]))
            << points << " points, phase " << p << ", " << mixture.two_theta[i] << " deg";
      }
    }
  }
}

TEST(Cells, KeepTheTailMassOfEveryPhase) {
  Mixture mixture(6000, 0.02);
  std::vector<double> cells[2], plain[2];
  mixture.sums(1e-12, cells, plain);
  for (int p = 0; p < 2; ++p) {
    double kept = 0.0, all = 0.0;
    for (std::size_t i = 0; i < plain[p].size(); ++i) {
      kept += cells[p][i];
      all += plain[p][i];
    }
    EXPECT_NEAR(kept / all, 1.0, 1e-5) << p;
  }
}

}  // namespace
}  // namespace gadolin::diffraction
