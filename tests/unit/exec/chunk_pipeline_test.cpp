#include "kernels/exec/chunk_pipeline.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace gadolin {
namespace {

TEST(ChunkPipeline, ChunksAreReadAndComputedInOrderAndMayBeMoveOnly) {
  std::vector<std::size_t> read, computed;

  run_chunks(
      5,
      [&](std::size_t i) {
        read.push_back(i);
        return std::make_unique<std::size_t>(10 * i);
      },
      [&](std::size_t i, std::unique_ptr<std::size_t> chunk) {
        EXPECT_EQ(*chunk, 10 * i);
        computed.push_back(i);
      });

  EXPECT_EQ(read, (std::vector<std::size_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(computed, read);
}

TEST(ChunkPipeline, NoChunksCallNothing) {
  run_chunks(
      0, [](std::size_t) -> int { throw std::logic_error("read"); },
      [](std::size_t, int) { FAIL(); });
  SUCCEED();
}

TEST(ChunkPipeline, NextChunkIsReadWhileThisOneComputes) {
  std::atomic<bool> second_read{false};
  bool seen = false;

  run_chunks(
      2,
      [&](std::size_t i) {
        if (i == 1) second_read = true;
        return i;
      },
      [&](std::size_t i, std::size_t) {
        if (i != 0) return;
        const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!second_read && std::chrono::steady_clock::now() < patience) {
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        seen = second_read;
      });

  EXPECT_TRUE(seen);
}

TEST(ChunkPipeline, AtMostTwoChunksAreAlive) {
  std::atomic<int> alive{0}, most{0};
  struct Chunk {
    std::atomic<int>* alive;
    explicit Chunk(std::atomic<int>& counter) : alive(&counter) { ++counter; }
    ~Chunk() { --*alive; }
  };

  run_chunks(
      20,
      [&](std::size_t) {
        auto chunk = std::make_unique<Chunk>(alive);
        if (alive > most) most = alive.load();
        return chunk;
      },
      [](std::size_t, std::unique_ptr<Chunk>) {});

  EXPECT_LE(most, 2);
  EXPECT_EQ(alive, 0);
}

TEST(ChunkPipeline, ReaderStateIsNotCopied) {
  struct Reader {
    int calls = 0;
    int operator()(std::size_t) { return calls++; }
  } reader;
  std::vector<int> chunks;

  run_chunks(4, reader, [&](std::size_t, int chunk) { chunks.push_back(chunk); });

  EXPECT_EQ(chunks, (std::vector<int>{0, 1, 2, 3}));
  EXPECT_EQ(reader.calls, 4);
}

TEST(ChunkPipeline, FailingReadComesOutAfterEarlierChunksAreComputed) {
  std::vector<std::size_t> computed;
  const auto run = [&] {
    run_chunks(
        5,
        [](std::size_t i) {
          if (i == 3) throw std::runtime_error("chunk 3 is broken");
          return i;
        },
        [&](std::size_t i, std::size_t) { computed.push_back(i); });
  };

  EXPECT_THROW(run(), std::runtime_error);
  EXPECT_EQ(computed, (std::vector<std::size_t>{0, 1, 2}));
}

TEST(ChunkPipeline, FailingComputeStopsReadingAndComesOut) {
  std::atomic<int> reads{0};
  const auto run = [&] {
    run_chunks(
        100, [&](std::size_t i) { return ++reads, i; },
        [](std::size_t i, std::size_t) {
          if (i == 1) throw std::runtime_error("no space left");
        });
  };

  EXPECT_THROW(run(), std::runtime_error);
  EXPECT_EQ(reads, 3);  // 0, 1, and 2 that was under way
}

}  // namespace
}  // namespace gadolin
