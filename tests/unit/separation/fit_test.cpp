#include <cmath>

#include <gtest/gtest.h>

#include "kernels/numeric/random.hpp"
#include "models/separation/fit_constants.hpp"

namespace {

using namespace gadolin;
using namespace gadolin::separation;

/// Made-up measurements of two metals with known constants and noise in log10 D.
FitTask made_up(double noise, int experiments, std::uint64_t seed = 1) {
  FitTask task;
  task.name = "made up";
  task.extractant.basis = ExtractantBasis::dimer;
  for (const char* name : {"Nd", "Dy"}) {
    Species s;
    s.name = name;
    task.species.push_back(s);
  }
  task.species[0].log10_k = -2.0;
  task.species[1].log10_k = 0.5;
  RandomStream random(seed, 0, 7);
  for (int i = 0; i < experiments; ++i) {
    EquilibriumExperiment e;
    e.id = std::to_string(i);
    e.source = i % 2 ? "odd" : "even";
    e.extractant_molar = 0.3 + 0.5 * random.uniform();
    e.feed_acid_molar = 0.02 + 0.3 * random.uniform();
    e.metals.push_back({static_cast<std::size_t>(i % 4 / 2), 0.01 + 0.1 * random.uniform(), 0.0});
    const auto p = predict_contact(task, e, task.species);
    EXPECT_EQ(p.status, ItemStatus::ok);
    e.metals[0].log10_d = p.log10_d[0] + noise * random.normal();
    task.experiments.push_back(e);
  }
  return task;
}

TEST(FitConstants, ExactMeasurementsGiveTheirConstantsBack) {
  FitTask task = made_up(0.0, 12);
  task.species[0].log10_k = task.species[1].log10_k = -1.0;
  const FitResult r = fit_constants(task);

  ASSERT_EQ(r.status, ItemStatus::ok) << r.status_text;
  EXPECT_NEAR(r.species[0].log10_k, -2.0, 1e-7);
  EXPECT_NEAR(r.species[1].log10_k, 0.5, 1e-7);
  EXPECT_LT(r.rms, 1e-7);
}

TEST(FitConstants, AContactSolvedHereMeetsItsOwnBalances) {
  const FitTask task = made_up(0.0, 1);
  const EquilibriumExperiment& e = task.experiments[0];
  const auto p = predict_contact(task, e, task.species);
  const double d = std::pow(10.0, p.log10_d[0]), y = e.metals[0].feed_molar * d / (1.0 + d);
  const double h = std::exp(p.ln_h), x = std::exp(p.ln_x);

  EXPECT_NEAR(h, e.feed_acid_molar + 3.0 * y, 1e-12);
  EXPECT_NEAR(x, e.extractant_molar - 3.0 * y, 1e-12);
  EXPECT_NEAR(p.log10_d[0], -2.0 + 3.0 * std::log10(x / h), 1e-10);
}

TEST(FitConstants, AWildPointIsRejectedByNameAndMovesNothing) {
  FitTask task = made_up(0.03, 24);
  const double before = fit_constants(task).species[0].log10_k;
  task.experiments[4].metals[0].log10_d += 1.5;
  const FitResult r = fit_constants(task);

  EXPECT_NEAR(r.species[0].log10_k, before, 0.05);
  EXPECT_EQ(r.species[0].rejected, 1);
  bool named = false;
  for (const Warning& w : r.warnings)
    named |= w.code == "W-SEP-040" && w.text.find("Nd 4 ") != std::string::npos;
  EXPECT_TRUE(named);
}

TEST(FitConstants, IntervalsCoverWhatTheyPromiseAndTheUncertaintyIsReal) {
  double covered = 0.0, rows = 0.0, pull2 = 0.0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const FitResult r = fit_constants(made_up(0.1, 40, seed));
    ASSERT_EQ(r.status, ItemStatus::ok) << r.status_text;
    for (const FitRow& row : r.rows) {
      if (!row.left_out) continue;
      rows += 1.0;
      covered += std::fabs(row.log10_d - *row.left_out) <= *row.half_width ? 1.0 : 0.0;
    }
    for (int k = 0; k < 2; ++k) {
      const double pull = (r.species[k].log10_k - (k == 0 ? -2.0 : 0.5)) / r.species[k].u_log10_k;
      pull2 += pull * pull / 40.0;
    }
  }
  EXPECT_GT(covered / rows, 0.93);  // 800 rows: 0.95 +- 0.008
  EXPECT_LT(covered / rows, 0.975);
  EXPECT_GT(pull2, 0.6);  // 40 pulls: 1 +- 0.22
  EXPECT_LT(pull2, 1.7);
}

TEST(FitConstants, ASourceThatIsOffShowsInTheCommonPart) {
  FitTask task = made_up(0.03, 40);
  EXPECT_LT(fit_constants(task).u_common, 0.05);
  for (auto& e : task.experiments) {
    if (e.source == "odd") {
      for (auto& s : task.species) s.log10_k += 0.4;
      e.metals[0].log10_d += predict_contact(task, e, task.species).log10_d[0];
      for (auto& s : task.species) s.log10_k -= 0.4;
      e.metals[0].log10_d -= predict_contact(task, e, task.species).log10_d[0];
    }
  }
  // Two sources 0.4 apart: standard deviation 0.4/sqrt 2 = 0.28.
  const FitResult r = fit_constants(task);
  EXPECT_TRUE(r.u_common_measured);
  EXPECT_NEAR(r.u_common, 0.28, 0.08);
}

TEST(FitConstants, SameSeedSameFoldsAndTooFewRowsAreRefused) {
  const FitTask task = made_up(0.1, 12);
  const FitResult a = fit_constants(task), b = fit_constants(task);
  EXPECT_EQ(a.rms_left_out, b.rms_left_out);
  FitTask none = task;
  for (auto& e : none.experiments) e.fitted = false;
  EXPECT_THROW(fit_constants(none), Error);
  FitTask few = made_up(0.1, 3);
  few.fit_exponent = true;
  EXPECT_THROW(fit_constants(few), Error);
}

}  // namespace
