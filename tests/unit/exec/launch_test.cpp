#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/exec/launch_memory.hpp"
#include "kernels/exec/register.hpp"

namespace gadolin {
namespace {

/// Fills scratch and workspace with the item's number, waits, and checks that nobody else wrote
/// there; counts how often each item was run.
struct TouchKernel {
  static constexpr const char* name = "test::touch";
  static constexpr int device_threads = 32;
  struct Args {
    std::size_t scratch_values;
    std::size_t workspace_values;
    std::int32_t* runs;
    double* wrong;
    double* sum;
    double* largest;
  };
  static std::size_t scratch_bytes(const Args& args) { return args.scratch_values * 8; }
  static std::size_t workspace_bytes(const Args& args) { return args.workspace_values * 8; }

  template <class Team>
  GADOLIN_HD static void body(const Team& team, std::size_t item, const Args& args) {
    auto* scratch = reinterpret_cast<double*>(team.scratch());
    auto* workspace = reinterpret_cast<double*>(team.workspace());
    const auto mark = static_cast<double>(item + 1);
    team.for_each(args.scratch_values, [&](std::size_t i) { scratch[i] = mark; });
    team.for_each(args.workspace_values, [&](std::size_t i) { workspace[i] = -mark; });
    team.barrier();
    const double wrong = team.sum(args.scratch_values, [&](std::size_t i) {
      return scratch[i] == mark ? 0.0 : 1.0;
    }) + team.sum(args.workspace_values, [&](std::size_t i) {
      return workspace[i] == -mark ? 0.0 : 1.0;
    });
    const double sum = team.sum(10, [&](std::size_t i) { return static_cast<double>(i); });
    const double largest =
        team.max(7, [&](std::size_t i) { return static_cast<double>((i * 5) % 7) + mark; });
    team.single([&] {
      args.runs[item] += 1;
      args.wrong[item] = wrong;
      args.sum[item] = sum;
      args.largest[item] = largest;
    });
  }
};

}  // namespace
}  // namespace gadolin

template void gadolin::launch<gadolin::TouchKernel>(const gadolin::Engine&, std::size_t,
                                                    const gadolin::TouchKernel::Args&);

namespace gadolin {
namespace {

void run_touch(const Engine& engine, std::size_t items, std::size_t scratch, std::size_t work) {
  std::vector<std::int32_t> runs(items + 1, 0);
  std::vector<double> wrong(items + 1, 0.0), sum(items + 1, 0.0), largest(items + 1, 0.0);

  launch<TouchKernel>(engine, items,
                      {scratch, work, runs.data(), wrong.data(), sum.data(), largest.data()});

  for (std::size_t i = 0; i < items; ++i) {
    ASSERT_EQ(runs[i], 1) << "item " << i;
    ASSERT_EQ(wrong[i], 0.0) << "item " << i;
    ASSERT_EQ(sum[i], 45.0) << "item " << i;
    ASSERT_EQ(largest[i], 6.0 + static_cast<double>(i + 1)) << "item " << i;
  }
  EXPECT_EQ(runs[items], 0);
}

TEST(Launch, EveryItemRunsOnceWithMemoryOfItsOwn) {
  for (const char* name : {"serial", "openmp", "kokkos", "thread_team"}) {
    for (const auto kind : available_engines()) {
      if (name != std::string("thread_team") && name != std::string(to_string(kind))) continue;
      for (const int threads : {1, 2, 5}) {
        for (const std::size_t items : {0u, 1u, 2u, 31u, 300u}) {
          SCOPED_TRACE(std::string(name) + ", threads " + std::to_string(threads) + ", items " +
                       std::to_string(items));
          run_touch(make_engine(name, threads), items, 37, 211);
        }
      }
    }
  }
}

TEST(Launch, NoScratchAndNoWorkspaceIsFine) {
  run_touch(make_engine("serial"), 3, 0, 0);
  run_touch(make_engine("openmp", 2), 3, 0, 0);
  run_touch(make_engine("thread_team", 3), 3, 0, 0);
}

TEST(Launch, TwoThreadsMayLaunchSideBySide) {
  std::atomic<int> done{0};
  const auto work = [&] {
    for (int i = 0; i < 20; ++i) run_touch(make_engine("serial"), 50, 100, 100);
    ++done;
  };

  std::jthread a(work), b(work);
  a.join();
  b.join();

  EXPECT_EQ(done, 2);
}

TEST(Launch, EngineThatIsNotInTheBuildIsRefused) {
  if (describe_cuda_device().rfind("not in this build", 0) != 0) GTEST_SKIP() << "cuda is built";
  EXPECT_THROW(run_touch(Engine{EngineKind::cuda, 1}, 1, 1, 1), EngineUnavailable);
}

TEST(LaunchMemory, GrowsAlignedAndIsKept) {
  char* small = exec_detail::launch_memory(1);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(small) % 128, 0u);
  char* large = exec_detail::launch_memory(std::size_t{1} << 22);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(large) % 128, 0u);

  EXPECT_EQ(exec_detail::launch_memory(1000), large);
  const auto slot = exec_detail::slot_shape(1, 129);
  EXPECT_EQ(slot.scratch, 128u);
  EXPECT_GE(slot.total, 128u + 256u);
  EXPECT_EQ(slot.total % 128, 0u);
}

}  // namespace
}  // namespace gadolin
