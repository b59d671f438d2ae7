#include "models/separation/constant_covariance.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/separation_circuits.hpp"

namespace {

using namespace gadolin;
using namespace gadolin::separation;

Circuit three() {
  return test::constant_d_circuit({1.0, 2.0, 3.0}, 1, 1.0, 1.0, {"La", "Nd", "Dy"});
}

TEST(ConstantCovariance, DefaultsMakeASeparationFactorBetterKnownThanD) {
  const auto cov = constant_covariance(three());

  ASSERT_EQ(cov.size(), 9u);
  EXPECT_DOUBLE_EQ(cov[0], 0.15 * 0.15 + 0.05 * 0.05);
  EXPECT_DOUBLE_EQ(cov[1], 0.15 * 0.15);
  EXPECT_NEAR(cov[0] + cov[4] - 2.0 * cov[1], 2.0 * 0.05 * 0.05, 1e-15);  // of log10 beta
}

TEST(ConstantCovariance, AFittedMatrixReplacesTheOwnPartOfItsSpeciesInAnyOrder) {
  Circuit circuit = three();
  circuit.species[0].u_log10_k = 0.3;
  circuit.uncertainty.u_common = 0.1;
  circuit.uncertainty.fitted_species = {"Dy", "Nd", "Y"};
  circuit.uncertainty.fitted = {0.04, 0.01, 0.0, 0.01, 0.09, 0.0, 0.0, 0.0, 0.5};
  const auto cov = constant_covariance(circuit);

  EXPECT_NEAR(cov[0], 0.01 + 0.09, 1e-15);
  EXPECT_NEAR(cov[4], 0.01 + 0.09, 1e-15);
  EXPECT_NEAR(cov[8], 0.01 + 0.04, 1e-15);
  EXPECT_NEAR(cov[5], 0.01 + 0.01, 1e-15);
  EXPECT_NEAR(cov[7], cov[5], 0.0);
}

TEST(ConstantCovariance, ItsRootGivesItBackAlsoAtLowRank) {
  Circuit circuit = three();
  circuit.uncertainty.u_pair = 0.0;  // all move together
  const auto cov = constant_covariance(circuit);
  const auto root = covariance_root(cov, 3);

  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      double back = 0.0;
      for (int m = 0; m < 3; ++m) back += root[i * 3 + m] * root[j * 3 + m];
      EXPECT_NEAR(back, cov[i * 3 + j], 1e-15);
    }
  }
}

TEST(ConstantCovariance, RefusesWhatCannotBeACovariance) {
  Circuit circuit = three();
  circuit.uncertainty.fitted_species = {"La", "Nd"};
  circuit.uncertainty.fitted = {1.0, 2.0, 2.0, 1.0};
  EXPECT_THROW(constant_covariance(circuit), Error);
  circuit.uncertainty.fitted = {1.0, 0.2, 0.1, 1.0};
  EXPECT_THROW(constant_covariance(circuit), Error);
  circuit.uncertainty.fitted = {1.0};
  EXPECT_THROW(constant_covariance(circuit), Error);
  circuit = three();
  circuit.species[1].u_log10_k = -0.1;
  EXPECT_THROW(constant_covariance(circuit), Error);
}

}  // namespace
