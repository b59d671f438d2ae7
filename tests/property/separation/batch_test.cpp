#include "models/separation/batch.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "io/config/circuit.hpp"
#include "models/core/error.hpp"
#include "models/separation/simulate.hpp"

namespace {

using namespace gadolin;
using namespace gadolin::separation;

const Engine serial{};

/// CASC-B with stages, feed stage, scrub acid, solvent flow and one constant free.
DesignProblem problem() {
  DesignProblem p;
  p.circuit =
      config::read_circuit(std::string(GADOLIN_SOURCE_DIR) + "/configs/separation_casc_b.toml");
  p.variables = {{DesignQuantity::stages, 0, 0, -1},
                 {DesignQuantity::feed_stage, 0, 0, -1},
                 {DesignQuantity::aqueous_acid, 0, 0, -1},
                 {DesignQuantity::organic_flow, 0, 0, -1},
                 {DesignQuantity::log10_k_shift, 0, 0, 1}};
  return p;
}

std::vector<double> rows(const DesignProblem& p, std::size_t n) {
  std::vector<double> values;
  const Bank& bank = p.circuit.banks[0];
  for (std::size_t i = 0; i < n; ++i) {
    const double u = static_cast<double>(i) / static_cast<double>(n);
    values.insert(values.end(), {static_cast<double>(10 + i % 7), static_cast<double>(4 + i % 5),
                                 bank.aqueous_in.h_molar * (0.8 + 0.4 * u),
                                 bank.organic_in.flow_l_per_h * (1.1 - 0.2 * u), 0.2 * u - 0.1});
  }
  return values;
}

TEST(Designs, AreTheCircuitsOneByOne) {
  const DesignProblem p = problem();
  const auto values = rows(p, 23);

  const DesignBlock block = solve_designs(p, values, serial);

  ASSERT_EQ(block.count, 23u);
  const auto columns = design_products(p.circuit);
  ASSERT_EQ(block.products, columns.size());
  for (std::size_t i = 0; i < block.count; ++i) {
    const Circuit circuit = design_circuit(p, &values[i * p.variables.size()]);
    const CircuitResult alone = simulate({circuit}, serial).front();
    ASSERT_EQ(block.status[i], ItemStatus::ok) << i;
    EXPECT_LE(block.closure_relative[i], 1e-12);
    EXPECT_NEAR(block.base_mol_per_h[i], alone.base_mol_per_h, 1e-9 * alone.base_mol_per_h);
    EXPECT_NEAR(block.acid_mol_per_h[i], alone.acid_mol_per_h, 1e-9 * alone.acid_mol_per_h);
    for (const Product& product : alone.products) {
      const auto it = std::find_if(columns.begin(), columns.end(), [&](const DesignProduct& c) {
        return c.name == product.name && c.phase == product.phase;
      });
      ASSERT_NE(it, columns.end()) << product.name;
      const auto column = static_cast<std::size_t>(it - columns.begin());
      for (std::size_t k = 0; k < block.species; ++k) {
        EXPECT_NEAR(block.amount_mol_per_h[block.at(i, column, k)], product.molar_flow_mol_per_h[k],
                    1e-9 * alone.fed_mol_per_h[k]);
        EXPECT_NEAR(block.purity_fraction[block.at(i, column, k)], product.purity_fraction[k],
                    1e-9);
      }
    }
  }
}

TEST(Designs, DoNotDependOnNeighboursOrThreads) {
  const DesignProblem p = problem();
  const std::size_t width = p.variables.size();
  const auto values = rows(p, 19);
  std::vector<double> backwards;
  for (std::size_t i = 19; i-- > 0;) {
    backwards.insert(backwards.end(), values.begin() + static_cast<std::ptrdiff_t>(i * width),
                     values.begin() + static_cast<std::ptrdiff_t>((i + 1) * width));
  }

  const DesignBlock a = solve_designs(p, values, serial);
  const DesignBlock b = solve_designs(p, backwards, make_engine("openmp", 3));

  for (std::size_t i = 0; i < a.count; ++i) {
    for (std::size_t e = 0; e < a.products * a.species; ++e) {
      EXPECT_EQ(a.amount_mol_per_h[i * a.products * a.species + e],
                b.amount_mol_per_h[(a.count - 1 - i) * a.products * a.species + e]);
    }
  }
}

TEST(Designs, OutOfRangeIsSaidAndHasNoNumber) {
  const DesignProblem p = problem();
  auto values = rows(p, 3);
  values[p.variables.size() + 1] = 99.0;      // feed stage outside the bank
  values[2 * p.variables.size() + 3] = -1.0;  // negative flow

  const DesignBlock block = solve_designs(p, values, serial);

  EXPECT_EQ(block.status[0], ItemStatus::ok);
  for (std::size_t i = 1; i < 3; ++i) {
    EXPECT_EQ(block.status[i], ItemStatus::out_of_range);
    EXPECT_TRUE(std::isnan(block.amount_mol_per_h[block.at(i, 0, 0)]));
    EXPECT_TRUE(std::isnan(block.base_mol_per_h[i]));
  }
}

TEST(Designs, AVariableOfNothingIsRefused) {
  DesignProblem p = problem();
  p.variables.push_back({DesignQuantity::draw_stage, 0, 0, -1});
  try {
    solve_designs(p, std::vector<double>(p.variables.size(), 1.0), serial);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), "E-SEP-090");
  }
}

TEST(Designs, BlocksComeInOrder) {
  const DesignProblem p = problem();
  const auto values = rows(p, 5);
  std::size_t seen = 0;
  solve_designs(
      p, 5,
      [&](std::size_t first, std::size_t count, double* to) {
        std::copy(
            values.begin() + static_cast<std::ptrdiff_t>(first * p.variables.size()),
            values.begin() + static_cast<std::ptrdiff_t>((first + count) * p.variables.size()), to);
      },
      [&](const DesignBlock& block) {
        EXPECT_EQ(block.first, seen);
        seen += block.count;
      },
      serial);
  EXPECT_EQ(seen, 5u);
}

}  // namespace
