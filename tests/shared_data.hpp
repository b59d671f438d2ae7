#pragma once

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

/// Measured files of other projects stay outside the product: GADOLIN_SHARED_OR_SKIP(path) names
/// `path`, a file below shared/data, or skips the test with a message saying what is missing.
#define GADOLIN_SHARED_OR_SKIP(variable, relative)                                      \
  const std::string variable = std::string(GADOLIN_SHARED_DIR) + "/data/" + (relative); \
  if (!std::filesystem::exists(variable))                                               \
  GTEST_SKIP() << "measured data absent: " << (relative) << " (see docs/formats/shared_data.md)"
