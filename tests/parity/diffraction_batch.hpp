#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "kernels/diffraction/refine.hpp"
#include "kernels/exec/batch_memory.hpp"
#include "kernels/numeric/random.hpp"

/// Made-up powder patterns for parity and benchmarks: random rings, a model that fits, Poisson
/// counts. Needs the kernels only.
namespace gadolin::diffraction {

struct BatchShape {
  int points = 320, phases = 2, rings = 8, lines = 2;
  double two_theta_min_deg = 20.0, step_deg = 0.05;
  int background_terms = 3;
  bool texture = false, all_widths = false, poisson = true;
  bool axial = false;  ///< smeared, s_over_l free
  /// Texture by 3 harmonics, strain by 2, both free in the first phase; lines with widths of their
  /// own, a flat specimen.
  bool harmonics = false;
  int max_iterations = 60;
  double shift_tolerance = 1e-5, chi2_tolerance = 1e-10;
  bool bad_items = true;  ///< every 7th item holds a NaN, every 11th may iterate only once
};

/// A batch in memory of one engine, ready to launch.
class SyntheticBatch {
 public:
  SyntheticBatch(const Engine& engine, std::size_t items, const BatchShape& shape)
      : memory_(std::make_shared<BatchMemory>(engine)), items_(items), shape_(shape) {
    make_model();
    place(items);
  }

  RefineArgs args{};
  std::size_t size() const { return static_cast<std::size_t>(layout_.size()); }
  std::size_t free_count() const { return free_.size(); }
  BatchMemory& memory() { return *memory_; }
  std::shared_ptr<BatchMemory> keep() const { return memory_; }
  double* host_parameters() const { return memory_->host(parameters_); }
  double* host_covariance() const { return memory_->host(covariance_); }
  double* host_summary() const { return memory_->host(summary_); }
  double* host_calculated() const { return memory_->host(calculated_); }
  ItemStatus* host_status() const { return memory_->host(status_); }
  double iterations(std::size_t item) const {
    return memory_->host(summary_)[item * Summary::size + Summary::iterations];
  }

 private:
  void make_model() {
    layout_ = {shape_.background_terms, shape_.phases, shape_.harmonics ? 3 : 0,
               shape_.harmonics ? 2 : 0};
    RandomStream random(20260102, 0, 11);
    const double highest = shape_.two_theta_min_deg + shape_.step_deg * (shape_.points - 1);
    for (int p = 0; p < shape_.phases; ++p) {
      for (int r = 0; r < shape_.rings; ++r) {
        RingData ring;
        const double theta = 0.5 * (shape_.two_theta_min_deg +
                                    (highest - shape_.two_theta_min_deg) * random.uniform());
        const double sine = std::sin(theta / 57.29577951308232);
        ring.inverse_d2 = 4.0 * sine * sine / (1.5405929 * 1.5405929);
        const double share = random.uniform();
        ring.slope[0] = ring.inverse_d2 * share;
        ring.slope[1] = ring.inverse_d2 * (1.0 - share);
        const double f2 = 1e5 * std::exp(1.5 * random.normal());
        for (int l = 0; l < max_lines; ++l) ring.f2_sum[l] = f2;
        ring.texture_begin = static_cast<int>(texture_.size() / 2);
        if (shape_.texture) {
          ring.texture_count = 2;
          texture_.insert(texture_.end(), {random.uniform(), 0.3, random.uniform(), 0.7});
        }
        ring.terms_begin = static_cast<int>(terms_.size());
        for (int k = 0; k < layout_.harmonics; ++k) terms_.push_back(2.0 * random.uniform() - 1.0);
        rings_.push_back(ring);
      }
    }
    truth_.assign(size(), 0.0);
    truth_[Layout::displacement] = 0.05;
    truth_[Layout::w] = 0.006;
    truth_[Layout::u] = 0.004;
    truth_[Layout::background] = 300.0;
    truth_[Layout::background + 1] = -40.0;
    truth_[static_cast<std::size_t>(layout_.inverse_x())] = 60.0;
    free_ = {Layout::displacement, Layout::w};
    if (shape_.all_widths) free_.insert(free_.end(), {Layout::u, Layout::v});
    if (shape_.axial) {
      truth_[Layout::s_over_l] = 0.04;
      free_.push_back(Layout::s_over_l);
      rules_ = axial_rules(1.0);
    }
    for (int k = 0; k < shape_.background_terms; ++k) free_.push_back(Layout::background + k);
    for (int p = 0; p < shape_.phases; ++p) {
      const int own = layout_.phase(p);
      double* value = truth_.data() + own;
      value[Layout::scale] = 4e-5;
      value[Layout::x] = 0.06 + 0.01 * p;
      value[Layout::y] = 0.03;
      value[Layout::march_r] = shape_.texture ? 0.9 : 1.0;
      for (int k : {Layout::scale, Layout::x, Layout::cell, Layout::cell + 1}) {
        free_.push_back(own + k);
      }
      if (shape_.all_widths) free_.push_back(own + Layout::y);
      if (shape_.harmonics && p == 0) {
        for (int k = 0; k < layout_.harmonics; ++k) {
          value[layout_.harmonic(k)] = 0.15;
          free_.push_back(own + layout_.harmonic(k));
        }
        value[Layout::y] = 0.25;
        for (int k = 0; k < layout_.strains; ++k) {
          value[layout_.strain(k)] = 0.2;
          free_.push_back(own + layout_.strain(k));
        }
      }
      if (shape_.texture && p == 0) {
        free_.push_back(own + Layout::march_r);
        free_.push_back(own + Layout::b_iso);
      }
    }
    // The pattern without noise, no tail cut.
    PeakSetting setting{173.0, 0.5, texture_.data(), rules_.data(), 1.0};
    if (shape_.harmonics) {
      setting.ring_terms = terms_.data();
      setting.line_width_deg = line_widths;
      setting.flat = flat;
    }
    const auto peak_count = static_cast<std::size_t>(shape_.phases * shape_.rings * shape_.lines);
    std::vector<AxialNode> nodes(shape_.axial ? peak_count * max_axial_nodes : 0);
    std::size_t made = 0;
    std::vector<std::vector<Peak>> peaks(static_cast<std::size_t>(shape_.phases));
    for (int p = 0; p < shape_.phases; ++p) {
      for (int r = 0; r < shape_.rings; ++r) {
        for (int l = 0; l < shape_.lines; ++l) {
          Peak peak;
          if (make_peak(rings_[static_cast<std::size_t>(p * shape_.rings + r)], l, wavelength(l),
                        intensity(l), layout_, p, 2, setting, truth_.data(), peak)) {
            if (shape_.axial) {
              const double smear = smear_deg(setting, truth_.data(), peak) * peak.inverse_fwhm;
              smear_peak(setting, truth_.data(),
                         axial_node_count(std::fabs(smear), max_axial_nodes),
                         nodes.data() + made++ * max_axial_nodes, peak);
            }
            peaks[static_cast<std::size_t>(p)].push_back(peak);
          }
        }
      }
    }
    const double low = shape_.two_theta_min_deg;
    for (int i = 0; i < shape_.points; ++i) {
      const double x = low + shape_.step_deg * i;
      const double t = (2.0 * x - low - highest) / (highest - low);
      double y = truth_[Layout::background] + truth_[Layout::background + 1] * t +
                 truth_[static_cast<std::size_t>(layout_.inverse_x())] * low / x;
      for (int p = 0; p < shape_.phases; ++p) {
        double sum = 0.0;
        for (const Peak& peak : peaks[static_cast<std::size_t>(p)]) {
          const int first = 0;
          sum += sum_of_peaks(&peak, &first, 1, x);
        }
        y += truth_[static_cast<std::size_t>(layout_.phase(p))] * sum;
      }
      two_theta_.push_back(x);
      expected_.push_back(y);
    }
  }

  static constexpr double line_widths[max_lines] = {0.02, 0.03, 0.0, 0.0, 0.0};
  static constexpr FlatSpecimen flat{0.008, 0.0};
  static double wavelength(int line) { return line == 0 ? 1.5405929 : 1.5444274; }
  double intensity(int line) const {
    return shape_.lines == 1 ? 1.0 : (line == 0 ? 2.0 / 3.0 : 1.0 / 3.0);
  }

  void place(std::size_t n) {
    BatchMemory& m = *memory_;
    const auto phases = static_cast<std::size_t>(shape_.phases);
    const auto points = static_cast<std::size_t>(shape_.points);
    const std::size_t free = free_.size();
    const auto directions = m.input<int>(phases);
    const auto rings = m.input<RingData>(rings_.size());
    const auto ring_begin = m.input<int>(phases + 1);
    const auto texture = m.input<double>(texture_.size() + 2);
    const auto rules = m.input<double>(rules_.size() + 1);
    const auto terms = m.input<double>(terms_.size() + 1);
    const auto widths = m.input<double>(n * max_lines);
    const auto point_begin = m.input<std::int64_t>(n + 1);
    const auto two_theta = m.input<double>(n * points);
    const auto counts = m.input<double>(n * points);
    const auto variance = m.input<double>(n * points);
    const auto poisson = m.input<int>(n);
    const auto ring_set = m.input<int>(n);
    const auto wave = m.input<double>(n * max_lines);
    const auto ratio = m.input<double>(n * max_lines);
    const auto active = m.input<int>(n);
    const auto free_count = m.input<int>(n);
    const auto free_index = m.input<int>(n * free);
    const auto lower = m.input<double>(n * free);
    const auto upper = m.input<double>(n * free);
    const auto start = m.input<double>(n * size());
    const auto grid_s = m.input<double>(3);
    const auto grid_w = m.input<double>(4);
    parameters_ = m.output<double>(n * size());
    covariance_ = m.output<double>(n * free * free);
    const auto state = m.output<double>(n * free);
    summary_ = m.output<double>(n * Summary::size);
    const auto phase_summary = m.output<double>(n * phases * PhaseSummary::size);
    calculated_ = m.output<double>(n * points);
    const auto background = m.output<double>(n * points);
    const auto used_variance = m.output<double>(n * points);
    status_ = m.output<ItemStatus>(n);
    m.allocate();
    std::fill_n(m.host(directions), phases, 2);
    std::copy(rings_.begin(), rings_.end(), m.host(rings));
    for (std::size_t p = 0; p <= phases; ++p) {
      m.host(ring_begin)[p] = static_cast<int>(p) * shape_.rings;
    }
    std::copy(texture_.begin(), texture_.end(), m.host(texture));
    std::copy(terms_.begin(), terms_.end(), m.host(terms));
    for (std::size_t i = 0; i < n; ++i) {
      std::copy_n(line_widths, max_lines, m.host(widths) + i * max_lines);
    }
    std::copy(rules_.begin(), rules_.end(), m.host(rules));
    const double grid_displacement[3] = {0.0, 0.06, -0.06},
                 grid_width[4] = {0.006, 0.06, 0.02, 0.2};
    std::copy_n(grid_displacement, 3, m.host(grid_s));
    std::copy_n(grid_width, 4, m.host(grid_w));
    for (std::size_t i = 0; i < n; ++i) {
      RandomStream random(20260102, i, 12);
      m.host(point_begin)[i + 1] = static_cast<std::int64_t>((i + 1) * points);
      for (std::size_t k = 0; k < points; ++k) {
        const double y = random.poisson(expected_[k]);
        m.host(two_theta)[i * points + k] = two_theta_[k];
        m.host(counts)[i * points + k] = y;
        m.host(variance)[i * points + k] = std::max(1.0, expected_[k]);
      }
      if (shape_.bad_items && i % 7 == 3) {
        m.host(counts)[i * points] = std::numeric_limits<double>::quiet_NaN();
      }
      m.host(poisson)[i] = shape_.poisson ? 1 : 0;
      m.host(active)[i] = 1;
      m.host(free_count)[i] = static_cast<int>(free);
      for (int l = 0; l < max_lines; ++l) {
        m.host(wave)[i * max_lines + static_cast<std::size_t>(l)] = wavelength(l);
        m.host(ratio)[i * max_lines + static_cast<std::size_t>(l)] = intensity(l);
      }
      double* from = m.host(start) + i * size();
      std::copy(truth_.begin(), truth_.end(), from);
      for (std::size_t f = 0; f < free; ++f) {
        const int index = free_[f];
        const int within =
            index < layout_.phase(0) ? -1 : (index - layout_.phase(0)) % layout_.phase_stride();
        const bool relative = within == Layout::scale || within == Layout::x;
        m.host(free_index)[i * free + f] = index;
        m.host(lower)[i * free + f] = within == Layout::scale || within == Layout::x ? 0.0 : -1e300;
        m.host(upper)[i * free + f] = 1e300;
        const double u = random.uniform() - 0.5;
        if (relative) from[index] *= 1.0 + 0.4 * u;
        if (within >= Layout::cell && within < Layout::cell_end) from[index] += 2e-4 * u;
        if (index == Layout::displacement) from[index] += 0.02 * u;
      }
    }
    m.upload();
    args.chebyshev_terms = shape_.background_terms;
    args.phases = shape_.phases;
    args.lines = shape_.lines;
    args.harmonics = layout_.harmonics;
    args.strains = layout_.strains;
    args.ring_terms = shape_.harmonics ? m.device(terms) : nullptr;
    args.line_width_deg = shape_.harmonics ? m.device(widths) : nullptr;
    if (shape_.harmonics) args.flat = flat;
    args.radius_mm = 173.0;
    args.polarisation_k = 0.5;
    args.cell_directions = m.device(directions);
    args.rings = m.device(rings);
    args.ring_begin = m.device(ring_begin);
    args.texture = m.device(texture);
    args.axial_rules = m.device(rules);
    args.h_over_s = 1.0;
    args.max_nodes = shape_.axial ? max_axial_nodes : 0;
    args.point_begin = m.device(point_begin);
    args.two_theta_deg = m.device(two_theta);
    args.counts = m.device(counts);
    args.variance = m.device(variance);
    args.poisson = m.device(poisson);
    args.ring_set = m.device(ring_set);
    args.wavelength_angstrom = m.device(wave);
    args.relative_intensity = m.device(ratio);
    args.active = m.device(active);
    args.free_count = m.device(free_count);
    args.free_index = m.device(free_index);
    args.lower = m.device(lower);
    args.upper = m.device(upper);
    args.start = m.device(start);
    args.max_free = static_cast<int>(free);
    args.max_points = shape_.points;
    args.max_peaks = shape_.phases * shape_.rings * shape_.lines;
    args.reweights = shape_.poisson ? 1 : 0;
    args.lost_area = 1e-3;
    args.options.max_iterations = shape_.max_iterations;
    args.options.shift_tolerance = shape_.shift_tolerance;
    args.options.chi2_tolerance = shape_.chi2_tolerance;
    args.grid_displacements = 3;
    args.grid_widths = 2;
    args.grid_displacement_mm = m.device(grid_s);
    args.grid_width = m.device(grid_w);
    args.parameters = m.device(parameters_);
    args.covariance = m.device(covariance_);
    args.state = m.device(state);
    args.summary = m.device(summary_);
    args.phase_summary = m.device(phase_summary);
    args.calculated = m.device(calculated_);
    args.background = m.device(background);
    args.used_variance = m.device(used_variance);
    args.status = m.device(status_);
  }

  std::shared_ptr<BatchMemory> memory_;
  std::size_t items_;
  BatchShape shape_;
  Layout layout_;
  std::vector<RingData> rings_;
  std::vector<double> rules_, terms_, texture_, truth_, two_theta_, expected_;
  std::vector<int> free_;
  BatchMemory::Field<double> parameters_, covariance_, summary_, calculated_;
  BatchMemory::Field<ItemStatus> status_;
};

}  // namespace gadolin::diffraction
