#include "app/option_checks.hpp"

#include <fmt/format.h>

namespace gadolin::app {

CLI::Validator number_in(double low, double high) {
  return CLI::Validator(
      [low, high](std::string& text) {
        double value = 0.0;
        if (CLI::detail::lexical_cast(text, value) && value >= low && value <= high) {
          return std::string();
        }
        return fmt::format("{} is no number from {:g} to {:g}", text, low, high);
      },
      fmt::format("FLOAT in [{:g} - {:g}]", low, high));
}

CLI::Validator no_sign() {
  return CLI::Validator(
      [](std::string& text) {
        return !text.empty() && text.front() == '-' ? text + " is negative: give digits only"
                                                    : std::string();
      },
      "");
}

}  // namespace gadolin::app
