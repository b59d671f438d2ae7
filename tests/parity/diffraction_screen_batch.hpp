#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <vector>

#include "kernels/diffraction/screen.hpp"
#include "kernels/exec/batch_memory.hpp"
#include "kernels/numeric/random.hpp"

/// Made-up screening: references of random lines at every shift, patterns that hold some of them.
namespace gadolin::diffraction {

struct ScreenShape {
  int points = 400, references = 20, shifts = 11;
  int most = 20;                ///< in one combination
  bool common_weights = false;  ///< one Gram matrix for the batch, made by ScreenGramKernel
  bool bad_items = true;        ///< every 7th pattern holds a NaN
};

class SyntheticScreen {
 public:
  SyntheticScreen(const Engine& engine, std::size_t items, const ScreenShape& shape)
      : memory_(std::make_shared<BatchMemory>(engine)) {
    const auto points = static_cast<std::size_t>(shape.points),
               n = static_cast<std::size_t>(shape.references),
               shifts = static_cast<std::size_t>(shape.shifts);
    BatchMemory& m = *memory_;
    const auto begin = m.input<int>(n + 1);
    const auto references = m.input<double>(shifts * n * points);
    const auto counts = m.input<double>(items * points);
    const auto weights = m.input<double>((shape.common_weights ? 1 : items) * points);
    const auto gram = m.local<double>(shifts * n * n);
    chi2_ = m.output<double>(items * shifts);
    best_ = m.output<int>(items);
    coefficient_ = m.output<double>(items * n);
    const auto gain = m.output<double>(items * n);
    const auto variant = m.output<int>(items * n);
    status_ = m.output<ItemStatus>(items);
    m.allocate();
    RandomStream random(20261128, 0, 21);
    for (std::size_t r = 0; r < n; ++r) {
      m.host(begin)[r + 1] = static_cast<int>(r + 1);
      for (int line = 0; line < 12; ++line) {
        const double centre = 10.0 + (static_cast<double>(points) - 20.0) * random.uniform();
        const double height = std::exp(random.normal());
        for (std::size_t s = 0; s < shifts; ++s) {
          double* y = m.host(references) + (s * n + r) * points;
          for (std::size_t k = 0; k < points; ++k) {
            const double u = (static_cast<double>(k) - centre - 1.5 * static_cast<double>(s)) / 4.0;
            y[k] += height / (1.0 + u * u);
          }
        }
      }
    }
    if (shape.common_weights) {
      for (std::size_t k = 0; k < points; ++k) m.host(weights)[k] = 1.0 / (20.0 + (k % 17));
    }
    for (std::size_t i = 0; i < items; ++i) {
      RandomStream own(20261128, i, 22);
      const std::size_t shift = i % shifts;
      double* y = m.host(counts) + i * points;
      for (std::size_t r = 0; r < n; ++r) {
        if (own.uniform() > 0.3) continue;
        const double amount = 200.0 * own.uniform();
        const double* reference = m.host(references) + (shift * n + r) * points;
        for (std::size_t k = 0; k < points; ++k) y[k] += amount * reference[k];
      }
      for (std::size_t k = 0; k < points; ++k) {
        const double variance = y[k] + 50.0;
        y[k] += std::sqrt(variance) * own.normal();
        if (!shape.common_weights) m.host(weights)[i * points + k] = 1.0 / variance;
      }
      if (shape.bad_items && i % 7 == 3) y[0] = std::numeric_limits<double>::quiet_NaN();
    }
    m.upload();
    gram_args = {shape.points, shape.references, m.device(references), m.device(weights),
                 m.device(gram)};
    args.points = shape.points;
    args.shifts = shape.shifts;
    args.variants = args.groups = shape.references;
    args.most = shape.most;
    args.group_begin = m.device(begin);
    args.references = m.device(references);
    args.counts = m.device(counts);
    args.weights = m.device(weights);
    args.common_weights = shape.common_weights ? 1 : 0;
    args.gram = m.device(gram);
    args.chi2 = m.device(chi2_);
    args.best_shift = m.device(best_);
    args.coefficient = m.device(coefficient_);
    args.gain = m.device(gain);
    args.variant = m.device(variant);
    args.status = m.device(status_);
  }

  ScreenArgs args{};
  ScreenGramKernel::Args gram_args{};
  BatchMemory& memory() { return *memory_; }
  double* host_chi2() const { return memory_->host(chi2_); }
  int* host_best() const { return memory_->host(best_); }
  double* host_coefficient() const { return memory_->host(coefficient_); }
  ItemStatus* host_status() const { return memory_->host(status_); }

 private:
  std::shared_ptr<BatchMemory> memory_;
  BatchMemory::Field<double> chi2_, coefficient_;
  BatchMemory::Field<int> best_;
  BatchMemory::Field<ItemStatus> status_;
};

}  // namespace gadolin::diffraction
