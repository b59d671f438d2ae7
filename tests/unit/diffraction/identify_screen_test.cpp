#include <gtest/gtest.h>

#include "kernels/diffraction/screen.hpp"
#include "kernels/exec/batch_memory.hpp"

namespace gadolin::diffraction {
namespace {

TEST(Screen, FindsTheShiftAndTheSharesItWasBuiltFrom) {
  const Engine engine = make_engine("serial");
  BatchMemory memory(engine);
  constexpr int points = 40, shifts = 3, groups = 3;
  const auto begin = memory.input<int>(groups + 1);
  const auto references = memory.input<double>(shifts * groups * points);
  const auto counts = memory.input<double>(points), weights = memory.input<double>(points);
  const auto chi2 = memory.output<double>(shifts);
  const auto best = memory.output<int>(1), variant = memory.output<int>(groups);
  const auto coefficient = memory.output<double>(groups), gain = memory.output<double>(groups);
  const auto status = memory.output<ItemStatus>(1);
  memory.allocate();
  for (int g = 0; g <= groups; ++g) memory.host(begin)[g] = g;
  // Spikes at 5 + 10 g + shift: apart from each other in every combination.
  for (int s = 0; s < shifts; ++s) {
    for (int g = 0; g < groups; ++g) {
      memory.host(references)[(s * groups + g) * points + 5 + 10 * g + s] = 1.0;
    }
  }
  for (int i = 0; i < points; ++i) memory.host(weights)[i] = 0.5;
  memory.host(counts)[5 + 2] = 7.0;    // group 0 at shift 2
  memory.host(counts)[25 + 2] = 11.0;  // group 2 at shift 2
  memory.upload();
  ScreenArgs args{};
  args.points = points;
  args.shifts = shifts;
  args.variants = args.groups = args.most = groups;
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

  launch<ScreenKernel>(engine, 1, args);
  memory.download();

  EXPECT_EQ(memory.host(status)[0], ItemStatus::ok);
  EXPECT_EQ(memory.host(best)[0], 2);
  EXPECT_NEAR(memory.host(coefficient)[0], 7.0, 1e-12);
  EXPECT_EQ(memory.host(coefficient)[1], 0.0);
  EXPECT_NEAR(memory.host(coefficient)[2], 11.0, 1e-12);
  EXPECT_NEAR(memory.host(chi2)[0], 0.5 * (49.0 + 121.0), 1e-9);
  EXPECT_NEAR(memory.host(chi2)[2], 0.0, 1e-9);
}

}  // namespace
}  // namespace gadolin::diffraction
