#pragma once

#include <cstddef>
#include <functional>
#include <future>
#include <utility>

namespace gadolin {

/// Runs n_chunks through read -> compute, reading chunk n+1 on a second thread while chunk n
/// computes; at most two chunks are alive.
///   Chunk read(std::size_t index)            called in order, one call at a time, on other
///                                            threads; must not touch the engines
///   void  compute(std::size_t index, Chunk)  called in order on the calling thread; may also store
/// An exception of either comes out of this call, after a read under way has ended; chunks computed
/// before it stay computed, and a chunk that was read well is computed although the next one fails.
template <class Read, class Compute>
void run_chunks(std::size_t n_chunks, Read&& read, Compute&& compute) {
  if (n_chunks == 0) return;
  // By reference: std::async would otherwise copy the reader, state and all, for every chunk.
  auto next = std::async(std::launch::async, std::ref(read), std::size_t{0});
  for (std::size_t i = 0; i < n_chunks; ++i) {
    auto chunk = next.get();
    if (i + 1 < n_chunks) next = std::async(std::launch::async, std::ref(read), i + 1);
    compute(i, std::move(chunk));
  }
}

}  // namespace gadolin
