#include "kernels/exec/engine.hpp"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>
#include <omp.h>

#include "kernels/exec/item_status.hpp"

namespace gadolin {
namespace {

bool can_run(EngineKind kind) {
  const auto kinds = available_engines();
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

TEST(Engine, NamesRoundTrip) {
  for (EngineKind kind : available_engines()) {
    EXPECT_EQ(make_engine(to_string(kind)).kind, kind) << to_string(kind);
  }
  EXPECT_EQ(make_engine("thread_team").kind, EngineKind::thread_team);
}

TEST(Engine, SerialAndOpenMpAreAlwaysThereAndThreadTeamIsNeverChosen) {
  EXPECT_TRUE(can_run(EngineKind::serial));
  EXPECT_TRUE(can_run(EngineKind::openmp));
  EXPECT_FALSE(can_run(EngineKind::thread_team));
}

TEST(Engine, AutoTakesTheFirstAvailable) {
  const Engine chosen = make_engine("auto");

  EXPECT_EQ(chosen.kind, available_engines().front());
  if (!can_run(EngineKind::cuda) && describe_kokkos().rfind("Serial", 0) == 0) {
    EXPECT_EQ(chosen.kind, EngineKind::openmp);
  }
}

TEST(Engine, UnknownNameSaysWhatCanRun) {
  try {
    make_engine("opencl");
    FAIL() << "no exception";
  } catch (const EngineUnavailable& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("\"opencl\" is unknown"), std::string::npos) << text;
    EXPECT_NE(text.find("openmp"), std::string::npos) << text;
    EXPECT_NE(text.find("serial"), std::string::npos) << text;
  }
}

TEST(Engine, CudaWithoutDeviceIsRefusedAndNotReplaced) {
  if (can_run(EngineKind::cuda)) GTEST_SKIP() << "a device answers: " << describe_cuda_device();
  try {
    make_engine("cuda");
    FAIL() << "no exception";
  } catch (const EngineUnavailable& error) {
    const std::string text = error.what();
    EXPECT_EQ(text.rfind("engine cuda: ", 0), 0u) << text;
    EXPECT_NE(text.find(describe_cuda_device()), std::string::npos) << text;
  }
}

TEST(Engine, ThreadsFollowTheRequestElseTheEnvironment) {
  EXPECT_EQ(make_engine("openmp", 3).threads, 3);
  EXPECT_EQ(make_engine("serial", 3).threads, 1);
  const int before = omp_get_max_threads();
  omp_set_num_threads(5);  // what OMP_NUM_THREADS=5 sets at start
  EXPECT_EQ(make_engine("openmp").threads, 5);
  EXPECT_EQ(make_engine("openmp", -1).threads, 5);
  omp_set_num_threads(before);
}

TEST(ItemStatus, EveryStateHasItsWord) {
  EXPECT_STREQ(to_string(ItemStatus::ok), "ok");
  EXPECT_STREQ(to_string(ItemStatus::not_converged), "not_converged");
  EXPECT_STREQ(to_string(ItemStatus::out_of_range), "out_of_range");
  EXPECT_STREQ(to_string(ItemStatus::singular), "singular");
  EXPECT_STREQ(to_string(static_cast<ItemStatus>(99)), "unknown");
}

}  // namespace
}  // namespace gadolin
