#pragma once

#include <CLI/CLI.hpp>

namespace gadolin::app {

/// A finite number from low to high; CLI::Range lets "nan" pass.
CLI::Validator number_in(double low, double high);

/// Digits only: "-1" would become 18446744073709551615.
CLI::Validator no_sign();

}  // namespace gadolin::app
