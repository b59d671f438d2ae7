#pragma once

#include <cstdio>

#include <gtest/gtest.h>

namespace gadolin::test {

/// A measured figure of the running test: on the screen and in --gtest_output=xml, for those who
/// ask by how much a bound is kept.
inline void seen(const char* what, double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  std::printf("seen: %s %s\n", what, text);
  ::testing::Test::RecordProperty(what, text);
}

}  // namespace gadolin::test
