#include "models/recovery/yield.hpp"

#include <array>
#include <cmath>

#include "kernels/numeric/special_functions.hpp"

namespace gadolin::recovery {

namespace {

constexpr std::array<const char*, 4> evidence_words = {"MEASURED", "DERIVED", "ESTIMATED",
                                                       "MEMORY"};

}  // namespace

double beta_quantile(double a, double b, double p) {
  double low = 0.0, high = 1.0;
  for (int i = 0; i < 200 && high - low > 1e-12; ++i) {
    const double middle = 0.5 * (low + high);
    (incomplete_beta(a, b, middle) < p ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

int evidence_rank(const std::string& evidence) {
  for (std::size_t i = 0; i < evidence_words.size(); ++i) {
    if (evidence == evidence_words[i]) return static_cast<int>(i);
  }
  throw Error("E-REC-011", "evidence class \"" + evidence + "\" is not known", "",
              "write MEASURED, DERIVED, ESTIMATED or MEMORY", ExitCode::usage);
}

YieldDistribution fit_yield(const Yield& yield, const std::string& where) {
  evidence_rank(yield.evidence);
  if (!(0.0 <= yield.low && yield.low <= yield.mode && yield.mode <= yield.high &&
        yield.high <= 1.0)) {
    throw Error("E-REC-010",
                "yield " + std::to_string(yield.low) + " / " + std::to_string(yield.mode) + " / " +
                    std::to_string(yield.high) + " is not low <= mode <= high within 0 to 1",
                where, "give the 5 % point, the mode and the 95 % point", ExitCode::usage);
  }
  YieldDistribution d;
  if (yield.high - yield.low < 1e-9) {
    d.fixed = true;
    d.value = yield.mode;
    return d;
  }
  const auto misfit = [&](double log_k) {
    const double k = std::exp(log_k);
    const double a = 1.0 + k * yield.mode, b = 1.0 + k * (1.0 - yield.mode);
    const double low = beta_quantile(a, b, 0.05) - yield.low;
    const double high = beta_quantile(a, b, 0.95) - yield.high;
    return low * low + high * high;
  };
  const double golden = 0.5 * (std::sqrt(5.0) - 1.0);
  double left = std::log(1e-3), right = std::log(1e7);
  double x1 = right - golden * (right - left), x2 = left + golden * (right - left);
  double f1 = misfit(x1), f2 = misfit(x2);
  while (right - left > 1e-6) {
    if (f1 <= f2) {
      right = x2;
      x2 = x1;
      f2 = f1;
      x1 = right - golden * (right - left);
      f1 = misfit(x1);
    } else {
      left = x1;
      x1 = x2;
      f1 = f2;
      x2 = left + golden * (right - left);
      f2 = misfit(x2);
    }
  }
  const double k = std::exp(0.5 * (left + right));
  d.a = 1.0 + k * yield.mode;
  d.b = 1.0 + k * (1.0 - yield.mode);
  return d;
}

}  // namespace gadolin::recovery
