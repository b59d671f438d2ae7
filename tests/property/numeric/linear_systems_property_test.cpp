// Random problems against Eigen, which nobody here wrote, and against what must hold for any
// solution.
#include <algorithm>
#include <cmath>
#include <vector>

#include <Eigen/Dense>
#include <gtest/gtest.h>

#include "kernels/exec/team.hpp"
#include "kernels/numeric/block_tridiagonal.hpp"
#include "kernels/numeric/cholesky.hpp"
#include "kernels/numeric/nnls.hpp"
#include "kernels/numeric/random.hpp"

namespace gadolin {
namespace {

constexpr SingleLane lane;
using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::VectorXd;

Matrix random_matrix(RandomStream& random, int rows, int columns) {
  Matrix m(rows, columns);
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < columns; ++j) m(i, j) = random.normal();
  }
  return m;
}

TEST(CholeskyProperty, SolutionAndInverseAgreeWithEigen) {
  for (std::uint64_t item = 0; item < 300; ++item) {
    RandomStream random(11, item, 1);
    const int n = 1 + static_cast<int>(64.0 * random.uniform());
    Matrix j = random_matrix(random, 2 * n + 1, n);
    for (int c = 0; c < n; ++c) j.col(c) *= std::pow(10.0, 6.0 * random.normal());  // any unit
    const Matrix a = j.transpose() * j;
    const Vector b = a * random_matrix(random, n, 1);
    Matrix l = a, inverse(n, n);
    Vector scale(n), x = b;

    const ItemStatus status = cholesky_factor(lane, n, l.data(), scale.data());
    cholesky_solve(lane, n, l.data(), scale.data(), x.data());
    cholesky_inverse(lane, n, l.data(), scale.data(), inverse.data());

    ASSERT_EQ(status, ItemStatus::ok) << item;
    // Compared in units of the columns, as Eigen does not equilibrate.
    const Vector s = a.diagonal().cwiseSqrt().cwiseInverse();
    const Matrix scaled = s.asDiagonal() * a * s.asDiagonal();
    const Eigen::LLT<Matrix> eigen(scaled);
    const Vector expected = eigen.solve(Vector(s.asDiagonal() * b));
    const Vector found = s.cwiseInverse().asDiagonal() * x;
    const double condition = 1.0 / eigen.rcond();
    EXPECT_LT((found - expected).norm(), 1e-14 * condition * expected.norm()) << item;
    const Matrix found_inverse =
        s.cwiseInverse().asDiagonal() * inverse * s.cwiseInverse().asDiagonal();
    const Matrix expected_inverse = eigen.solve(Matrix::Identity(n, n));
    EXPECT_LT((found_inverse - expected_inverse).norm(),
              1e-14 * condition * expected_inverse.norm())
        << item;
    EXPECT_EQ((inverse - inverse.transpose()).norm(), 0.0) << item;
  }
}

TEST(CholeskyProperty, NumberOfHeldParametersIsTheRankDeficiency) {
  for (std::uint64_t item = 0; item < 200; ++item) {
    RandomStream random(12, item, 1);
    const int n = 2 + static_cast<int>(20.0 * random.uniform());
    const int rank = 1 + static_cast<int>(n * random.uniform());
    const Matrix j = random_matrix(random, 3 * n, rank) * random_matrix(random, rank, n);
    const Matrix a = j.transpose() * j;
    Matrix l = a;
    Vector scale(n), x = a * random_matrix(random, n, 1), b = x;

    cholesky_factor(lane, n, l.data(), scale.data(), 1e-11);
    cholesky_solve(lane, n, l.data(), scale.data(), x.data());

    int held = 0;
    for (int i = 0; i < n; ++i) held += cholesky_moves(n, l.data(), i) ? 0 : 1;
    ASSERT_EQ(held, n - rank) << item;
    EXPECT_LT((a * x - b).norm(), 1e-6 * b.norm()) << item;  // b lies in the range: still solved
  }
}

TEST(NnlsProperty, KuhnTuckerConditionsHoldAndNoSupportIsBetter) {
  for (std::uint64_t item = 0; item < 500; ++item) {
    RandomStream random(13, item, 1);
    const int n = 1 + static_cast<int>(10.0 * random.uniform());
    const int rows = n + static_cast<int>(20.0 * random.uniform());
    Matrix a = random_matrix(random, rows, n);
    if (item % 2 == 0) a = a.cwiseAbs();  // correlated columns, as spectra are
    const Vector b = random_matrix(random, rows, 1);
    const Matrix gram = a.transpose() * a;
    const Vector rhs = a.transpose() * b;
    Vector x(n);
    std::vector<double> scratch(nnls_scratch_doubles(n));

    ASSERT_EQ(nnls(lane, n, gram.data(), rhs.data(), x.data(), scratch.data()), ItemStatus::ok)
        << item;

    const Vector slope = rhs - gram * x;
    for (int i = 0; i < n; ++i) {
      const double size = std::sqrt(gram(i, i)) * b.norm();
      EXPECT_GE(x(i), 0.0) << item;
      if (x(i) > 0.0) {
        EXPECT_LT(std::fabs(slope(i)), 1e-10 * size) << item;
      } else {
        EXPECT_LT(slope(i), 1e-10 * size) << item;
      }
    }
    // Brute force over all supports by Eigen: none feasible is better.
    const double reached = (a * x - b).squaredNorm();
    for (int support = 0; support < (1 << n); ++support) {
      std::vector<int> columns;
      for (int i = 0; i < n; ++i) {
        if (support >> i & 1) columns.push_back(i);
      }
      Matrix part(rows, static_cast<int>(columns.size()));
      for (std::size_t c = 0; c < columns.size(); ++c)
        part.col(static_cast<int>(c)) = a.col(columns[c]);
      Vector best = columns.empty() ? Vector(0) : Vector(part.householderQr().solve(b));
      if (columns.size() > 0 && best.minCoeff() < 0.0) continue;
      const double other = columns.empty() ? b.squaredNorm() : (part * best - b).squaredNorm();
      ASSERT_LE(reached, other * (1.0 + 1e-10) + 1e-28 * b.squaredNorm()) << item;
      if (item >= 40 && support > 0) break;  // the full search on the first forty
    }
  }
}

TEST(BlockTridiagonalProperty, SolutionAgreesWithEigensDenseLu) {
  for (std::uint64_t item = 0; item < 150; ++item) {
    RandomStream random(14, item, 1);
    const int b = 1 + static_cast<int>(12.0 * random.uniform());
    const int blocks = 1 + static_cast<int>(15.0 * random.uniform());
    const int n = blocks * b;
    Matrix lower = random_matrix(random, n, b), diagonal = random_matrix(random, n, b),
           upper = random_matrix(random, n, b);
    for (int k = 0; k < n; ++k) diagonal(k, (k + 1) % b) += 4.0 * b;  // off the diagonal if b > 1
    Matrix dense = Matrix::Zero(n, n);
    for (int i = 0; i < blocks; ++i) {
      dense.block(i * b, i * b, b, b) = diagonal.block(i * b, 0, b, b);
      if (i > 0) dense.block(i * b, (i - 1) * b, b, b) = lower.block(i * b, 0, b, b);
      if (i + 1 < blocks) dense.block(i * b, (i + 1) * b, b, b) = upper.block(i * b, 0, b, b);
    }
    const Vector expected = random_matrix(random, n, 1);
    Vector x = dense * expected;
    std::vector<int> pivots(static_cast<std::size_t>(b));

    const auto result = block_tridiagonal_solve(lane, blocks, b, lower.data(), diagonal.data(),
                                                upper.data(), x.data(), pivots.data());

    ASSERT_EQ(result.status, ItemStatus::ok) << item;
    const Vector eigen = dense.partialPivLu().solve(Vector(dense * expected));
    EXPECT_LT((x - eigen).norm(), 1e-12 * eigen.norm()) << item;
    EXPECT_LT((x - expected).norm(), 1e-12 * expected.norm()) << item;
  }
}

TEST(BlockTridiagonalProperty, WideHostRowsAndSingleLaneAgree) {
  for (std::uint64_t item = 0; item < 30; ++item) {
    RandomStream random(15, item, 1);
    const int b = 1 + static_cast<int>(32.0 * random.uniform());
    const int blocks = 4, n = blocks * b;
    const Matrix lower = random_matrix(random, n, b);
    Matrix diagonal = random_matrix(random, n, b), upper = random_matrix(random, n, b);
    for (int k = 0; k < n; ++k) diagonal(k, k % b) += 4.0 * b;
    Vector x = random_matrix(random, n, 1);
    Matrix diagonal2 = diagonal, upper2 = upper;
    Vector x2 = x;
    std::vector<int> pivots(static_cast<std::size_t>(b));

    block_tridiagonal_solve(lane, blocks, b, lower.data(), diagonal.data(), upper.data(), x.data(),
                            pivots.data());
    const SerialTeam team(nullptr, nullptr);
    block_tridiagonal_solve(team, blocks, b, lower.data(), diagonal2.data(), upper2.data(),
                            x2.data(), pivots.data());

    EXPECT_LT((x - x2).norm(), 1e-13 * x.norm()) << item;
  }
}

TEST(TridiagonalProperty, SolutionAgreesWithEigen) {
  for (std::uint64_t item = 0; item < 100; ++item) {
    RandomStream random(16, item, 1);
    const int n = 1 + static_cast<int>(60.0 * random.uniform());
    Vector lower = random_matrix(random, n, 1), diagonal = random_matrix(random, n, 1),
           upper = random_matrix(random, n, 1), x = random_matrix(random, n, 1);
    Matrix dense = Matrix::Zero(n, n);
    for (int i = 0; i < n; ++i) {
      const double sign = diagonal(i) < 0 ? -1.0 : 1.0;
      diagonal(i) = sign * (1.0 + std::fabs(lower(i)) + std::fabs(upper(i)));
      dense(i, i) = diagonal(i);
      if (i > 0) dense(i, i - 1) = lower(i);
      if (i + 1 < n) dense(i, i + 1) = upper(i);
    }
    const Vector expected = dense.partialPivLu().solve(x);

    ASSERT_EQ(tridiagonal_solve(n, lower.data(), diagonal.data(), upper.data(), x.data()),
              ItemStatus::ok);

    EXPECT_LT((x - expected).norm(), 1e-13 * expected.norm()) << item;
  }
}

}  // namespace
}  // namespace gadolin
