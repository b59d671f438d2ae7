#include "models/diffraction/screen.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/diffraction/screen.hpp"
#include "kernels/exec/batch_memory.hpp"

namespace gadolin::diffraction {

namespace {

/// Cells at which a candidate is drawn: steps of half the blur at the end of the range.
std::vector<double> strains_of(const Candidate& candidate) {
  const int each_side = candidate.cell_tolerance > 0.012   ? 2
                        : candidate.cell_tolerance > 0.008 ? 1
                                                           : 0;
  std::vector<double> strains{0.0};
  for (int k = 1; k <= each_side; ++k) {
    const double strain = candidate.cell_tolerance * k / (each_side + 0.5);
    strains.push_back(strain);
    strains.push_back(-strain);
  }
  return strains;
}

}  // namespace

std::vector<double> smooth_onto(const std::vector<double>& values, const SearchGrid& from,
                                const SearchGrid& onto, double fwhm_deg) {
  std::vector<double> out(onto.points, 0.0);
  const double sigma = fwhm_deg / 2.354820045;
  const int reach = static_cast<int>(std::ceil(3.0 * sigma / from.step_deg));
  for (std::size_t i = 0; i < onto.points; ++i) {
    const double x = onto.first_deg + static_cast<double>(i) * onto.step_deg;
    const double place = (x - from.first_deg) / from.step_deg;
    if (place < -0.5 || place > static_cast<double>(from.points) - 0.5) continue;
    const auto centre = static_cast<std::ptrdiff_t>(std::lround(place));
    double sum = 0.0, weight = 0.0;
    for (std::ptrdiff_t k = std::max<std::ptrdiff_t>(0, centre - reach);
         k <= std::min(static_cast<std::ptrdiff_t>(from.points) - 1, centre + reach); ++k) {
      const double d = (static_cast<double>(k) - place) * from.step_deg / sigma;
      const double g = std::exp(-0.5 * d * d);
      sum += g * values[static_cast<std::size_t>(k)];
      weight += g;
    }
    if (weight > 0.0) out[i] = sum / weight;
  }
  return out;
}

std::vector<ScreenOutcome> screen(const std::vector<PreparedPattern>& patterns,
                                  const std::vector<Candidate>& candidates,
                                  const Instrument& instrument, const ScreenOptions& options,
                                  const Engine& engine) {
  std::vector<ScreenOutcome> outcomes(patterns.size());
  std::vector<double> shifts;
  for (int k = 0; k < options.shifts; ++k) {
    // From the middle outwards, so that equals fall to the smaller shift.
    const int step = (k + 1) / 2 * (k % 2 == 1 ? 1 : -1);
    shifts.push_back(step * 2.0 * options.largest_shift_deg / std::max(1, options.shifts - 1));
  }
  SearchGrid grid{4.0, options.blur_deg / 4.0, 0};
  grid.points =
      static_cast<std::size_t>((options.two_theta_max_deg - grid.first_deg) / grid.step_deg) / 4 *
      4;
  // The lines of the references are those of the instrument; the blur hides what the lines and
  // widths of single patterns differ by.
  PreparedPattern drawing;
  drawing.lines = instrument.lines;
  drawing.fwhm_deg = 0.1;
  drawing.step_deg = grid.step_deg / 100.0;
  const PatternPainter painter(drawing, instrument, 0.5, options.blur_deg);

  std::vector<int> group_begin{0};
  std::vector<std::pair<std::size_t, double>> variants;
  for (std::size_t c = 0; c < candidates.size(); ++c) {
    for (const double strain : strains_of(candidates[c])) variants.emplace_back(c, strain);
    group_begin.push_back(static_cast<int>(variants.size()));
  }
  std::vector<std::size_t> items;
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    outcomes[i].status = ItemStatus::out_of_range;
    outcomes[i].gain.assign(candidates.size(), 0.0);
    outcomes[i].coefficient.assign(candidates.size(), 0.0);
    if (patterns[i].refusal.empty()) items.push_back(i);
  }
  if (items.empty() || variants.empty()) return outcomes;

  BatchMemory memory(engine);
  const std::size_t n = items.size(), groups = candidates.size();
  const auto begin = memory.input<int>(groups + 1);
  const auto references = memory.input<double>(shifts.size() * variants.size() * grid.points);
  const auto counts = memory.input<double>(n * grid.points);
  const auto weights = memory.input<double>(n * grid.points);
  const auto chi2 = memory.output<double>(n * shifts.size());
  const auto best = memory.output<int>(n);
  const auto coefficient = memory.output<double>(n * groups);
  const auto gain = memory.output<double>(n * groups);
  const auto variant = memory.output<int>(n * groups);
  const auto status = memory.output<ItemStatus>(n);
  memory.allocate();
  std::copy(group_begin.begin(), group_begin.end(), memory.host(begin));
  std::vector<double> column;
  for (std::size_t s = 0; s < shifts.size(); ++s) {
    for (std::size_t v = 0; v < variants.size(); ++v) {
      PhaseShape shape;
      const auto& candidate = candidates[variants[v].first];
      shape.cell = isotropic_cell(candidate, variants[v].second);
      painter.paint(candidate, shape, shifts[s], grid, column);
      std::copy(column.begin(), column.end(),
                memory.host(references) + (s * variants.size() + v) * grid.points);
    }
  }
  for (std::size_t k = 0; k < n; ++k) {
    const auto& data = patterns[items[k]];
    const SearchGrid own{data.two_theta_deg.front(), data.step_deg, data.counts.size()};
    std::vector<double> net(data.counts.size());
    for (std::size_t i = 0; i < net.size(); ++i) net[i] = data.counts[i] - data.background[i];
    const auto smooth = smooth_onto(net, own, grid, options.blur_deg);
    const auto variance = smooth_onto(data.variance, own, grid, options.blur_deg);
    for (std::size_t i = 0; i < grid.points; ++i) {
      memory.host(counts)[k * grid.points + i] = smooth[i];
      memory.host(weights)[k * grid.points + i] = variance[i] > 0.0 ? 1.0 / variance[i] : 0.0;
    }
  }
  memory.upload();
  ScreenArgs args{};
  args.points = static_cast<int>(grid.points);
  args.shifts = static_cast<int>(shifts.size());
  args.variants = static_cast<int>(variants.size());
  args.groups = static_cast<int>(groups);
  args.most = std::min({options.most, static_cast<int>(groups), max_screen_references});
  args.group_begin = memory.device(begin);
  args.references = memory.device(references);
  args.counts = memory.device(counts);
  args.weights = memory.device(weights);
  args.chi2 = memory.device(chi2);
  args.best_shift = memory.device(best);
  args.coefficient = memory.device(coefficient);
  args.gain = memory.device(gain);
  args.variant = memory.device(variant);
  args.status = memory.device(status);
  launch<ScreenKernel>(engine, n, args);
  memory.download();
  for (std::size_t k = 0; k < n; ++k) {
    ScreenOutcome& out = outcomes[items[k]];
    out.shift_deg = shifts;
    out.chi2.assign(memory.host(chi2) + k * shifts.size(),
                    memory.host(chi2) + (k + 1) * shifts.size());
    out.best_shift_deg = shifts[static_cast<std::size_t>(memory.host(best)[k])];
    out.gain.assign(memory.host(gain) + k * groups, memory.host(gain) + (k + 1) * groups);
    out.coefficient.assign(memory.host(coefficient) + k * groups,
                           memory.host(coefficient) + (k + 1) * groups);
    out.status = memory.host(status)[k];
  }
  return outcomes;
}

}  // namespace gadolin::diffraction
