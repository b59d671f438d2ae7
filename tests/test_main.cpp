#include <gtest/gtest.h>

#include "kernels/exec/engine.hpp"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
// The OpenMP runtime is not instrumented: what it does inside itself must not be reported.
extern "C" const char* __tsan_default_options() { return "ignore_noninstrumented_modules=1"; }
#endif
#endif

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  gadolin::EngineRuntime runtime;
  return RUN_ALL_TESTS();
}
