#include "kernels/exec/batch_memory.hpp"

#include <cstdint>
#include <new>
#include <stdexcept>

#include <gtest/gtest.h>

namespace gadolin {
namespace {

TEST(BatchMemory, FieldsOfAllPartsDoNotOverlap) {
  BatchMemory memory(Engine{});
  const auto out_a = memory.output<std::int32_t>(3);
  const auto in_a = memory.input<double>(5);
  const auto local_a = memory.local<double>(7);
  const auto both = memory.inout<double>(2);
  const auto in_b = memory.input<std::int8_t>(1);
  const auto out_b = memory.output<double>(20);
  memory.allocate();

  for (int i = 0; i < 3; ++i) memory.host(out_a)[i] = 1;
  for (int i = 0; i < 5; ++i) memory.host(in_a)[i] = 2.0;
  for (int i = 0; i < 7; ++i) memory.host(local_a)[i] = 3.0;
  for (int i = 0; i < 2; ++i) memory.host(both)[i] = 4.0;
  memory.host(in_b)[0] = 5;
  for (int i = 0; i < 20; ++i) memory.host(out_b)[i] = 6.0;

  for (int i = 0; i < 3; ++i) EXPECT_EQ(memory.host(out_a)[i], 1);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(memory.host(in_a)[i], 2.0);
  for (int i = 0; i < 7; ++i) EXPECT_EQ(memory.host(local_a)[i], 3.0);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(memory.host(both)[i], 4.0);
  EXPECT_EQ(memory.host(in_b)[0], 5);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(memory.host(out_b)[i], 6.0);
}

TEST(BatchMemory, FieldsStartOnCacheLinesAndAreZero) {
  BatchMemory memory(Engine{});
  const auto a = memory.input<std::int8_t>(1);
  const auto b = memory.output<double>(33);
  const auto c = memory.local<double>(1);
  memory.allocate();

  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory.host(a)) % 128, 0u);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory.host(b)) % 128, 0u);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory.host(c)) % 128, 0u);
  EXPECT_EQ(memory.host(a)[0], 0);
  for (int i = 0; i < 33; ++i) EXPECT_EQ(memory.host(b)[i], 0.0);
  EXPECT_EQ(memory.bytes(), 128u + 384u + 128u);
}

TEST(BatchMemory, HostEnginesShareOneCopy) {
  for (const char* name : {"serial", "openmp", "thread_team"}) {
    BatchMemory memory(make_engine(name));
    const auto x = memory.input<double>(4);
    memory.allocate();

    EXPECT_EQ(memory.host(x), memory.device(x)) << name;
  }
}

TEST(BatchMemory, UploadClearsOutputsAndKeepsTheRest) {
  BatchMemory memory(Engine{});
  const auto in = memory.input<double>(1);
  const auto both = memory.inout<double>(1);
  const auto out = memory.output<double>(1);
  memory.allocate();
  *memory.host(in) = 1.0;
  *memory.host(both) = 2.0;
  *memory.host(out) = 3.0;  // as if left by the chunk before

  memory.upload();

  EXPECT_EQ(*memory.host(in), 1.0);
  EXPECT_EQ(*memory.host(both), 2.0);
  EXPECT_EQ(*memory.host(out), 0.0);
}

TEST(BatchMemory, EmptyBatchIsAllowed) {
  BatchMemory memory(Engine{});
  const auto in = memory.input<double>(0);
  memory.allocate();
  memory.upload();
  memory.download();

  EXPECT_NE(memory.host(in), nullptr);
  EXPECT_EQ(memory.bytes(), 0u);
}

TEST(BatchMemory, LateFieldsSecondAllocationAndAbsurdSizesAreRefused) {
  BatchMemory memory(Engine{});
  EXPECT_THROW(memory.input<double>(std::size_t{1} << 60), std::bad_array_new_length);
  memory.allocate();

  EXPECT_THROW(memory.input<double>(1), std::logic_error);
  EXPECT_THROW(memory.allocate(), std::logic_error);
}

}  // namespace
}  // namespace gadolin
