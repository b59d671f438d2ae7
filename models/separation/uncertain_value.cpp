#include "models/separation/uncertain_value.hpp"

#include <cmath>

#include "kernels/numeric/random.hpp"
#include "models/core/error.hpp"
#include "models/core/number_text.hpp"
#include "models/separation/sobol.hpp"

namespace gadolin::separation {

namespace {}  // namespace

double ReadyValue::at(double p) const {
  switch (value.shape) {
    case DistributionShape::normal:
      return value.mean + value.u * normal_quantile(p);
    case DistributionShape::lognormal:
      return value.mean * std::exp(value.u * normal_quantile(p));
    case DistributionShape::uniform:
      return value.low + p * (value.high - value.low);
    case DistributionShape::beta:
      return beta_quantile(a, b, p);
  }
  return value.mean;
}

double ReadyValue::mean() const {
  switch (value.shape) {
    case DistributionShape::normal:
      return value.mean;
    case DistributionShape::lognormal:
      return value.mean * std::exp(0.5 * value.u * value.u);
    case DistributionShape::uniform:
      return 0.5 * (value.low + value.high);
    case DistributionShape::beta:
      return a / (a + b);
  }
  return value.mean;
}

double ReadyValue::u() const {
  switch (value.shape) {
    case DistributionShape::normal:
      return value.u;
    case DistributionShape::lognormal:
      return mean() * std::sqrt(std::expm1(value.u * value.u));
    case DistributionShape::uniform:
      return (value.high - value.low) / std::sqrt(12.0);
    case DistributionShape::beta:
      return std::sqrt(a * b / (a + b + 1.0)) / (a + b);
  }
  return 0.0;
}

std::string ReadyValue::words() const {
  switch (value.shape) {
    case DistributionShape::normal:
      return "normal, " + number_text(value.mean) + ", u " + number_text(value.u);
    case DistributionShape::lognormal:
      return "lognormal, median " + number_text(value.mean) + ", u of ln " + number_text(value.u);
    case DistributionShape::uniform:
      return "uniform, " + number_text(value.low) + " to " + number_text(value.high);
    case DistributionShape::beta:
      return "Beta(" + number_text(a) + ", " + number_text(b) + "), mode " +
             number_text(value.mode) + ", 90 % width of " + number_text(value.low) + " to " +
             number_text(value.high);
  }
  return "";
}

ReadyValue ready(const UncertainValue& value, const std::string& name, const std::string& where) {
  const auto bad = [&](const std::string& what) {
    return Error("E-SEP-076", name + ": " + what, where, "correct the distribution",
                 ExitCode::usage);
  };
  ReadyValue r{value, 1.0, 1.0};
  switch (value.shape) {
    case DistributionShape::normal:
    case DistributionShape::lognormal:
      if (!(value.u >= 0.0) || !std::isfinite(value.mean)) throw bad("u below 0, or no mean");
      if (value.shape == DistributionShape::lognormal && !(value.mean > 0.0)) {
        throw bad("the median of a lognormal is not above 0");
      }
      return r;
    case DistributionShape::uniform:
      if (!(value.low <= value.high)) throw bad("low above high");
      return r;
    case DistributionShape::beta:
      break;
  }
  if (!(value.low >= 0.0 && value.low < value.high && value.high <= 1.0 && value.mode >= 0.0 &&
        value.mode <= 1.0)) {
    throw bad("a Beta distribution needs 0 <= low < high <= 1 and its mode between 0 and 1");
  }
  // At a fixed mode the 90 % width falls as the distribution sharpens.
  const auto shape = [&](double sharp) {
    r.a = 1.0 + value.mode * sharp;
    r.b = 1.0 + (1.0 - value.mode) * sharp;
    return beta_quantile(r.a, r.b, 0.95) - beta_quantile(r.a, r.b, 0.05);
  };
  const double wanted = value.high - value.low;
  double low = 1e-6, high = 1e9;
  if (shape(low) < wanted || shape(high) > wanted) {
    throw bad("no Beta distribution of that mode has a 90 % interval of that width");
  }
  for (int it = 0; it < 200 && high / low > 1.0 + 1e-13; ++it) {
    const double middle = std::sqrt(low * high);
    (shape(middle) > wanted ? low : high) = middle;
  }
  shape(std::sqrt(low * high));
  return r;
}

}  // namespace gadolin::separation
