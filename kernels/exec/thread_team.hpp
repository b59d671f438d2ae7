#pragma once

#include <barrier>
#include <cstddef>
#include <thread>
#include <vector>

/// Real threads and a std::barrier behaving like a thread block: the test engine that finds a
/// missing barrier without a GPU (run it under ThreadSanitizer).
namespace gadolin {

class ThreadTeam {
 public:
  static constexpr int lanes = 1;  // the device's width, so that the device's code path is tested

  struct Shared {
    explicit Shared(int size) : sync(size), partial(static_cast<std::size_t>(size)) {}
    std::barrier<> sync;
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
