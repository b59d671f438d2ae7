#include <gtest/gtest.h>

#include "kernels/exec/engine.hpp"

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  gadolin::EngineRuntime runtime;
  return RUN_ALL_TESTS();
}
