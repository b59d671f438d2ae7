#pragma once

#include <cmath>
#include <cstddef>

#include "kernels/separation/bank_view.hpp"

/// Moving a front of a bank as a whole.
namespace gadolin::separation::bank_detail {

template <class Team, int W>
GADOLIN_HD inline void take_trial(const Team& team, const BankView<W>& b) {
  team.for_each(static_cast<std::size_t>(b.n), [&](std::size_t i) {
    b.eta[i] = b.trial_eta[i];
    b.xi[i] = b.trial_xi[i];
  });
  team.barrier();
}

/// Where a front stands: between special stages `low` and `high`; stages are put in after stage
/// `in` and taken out after stage `out`, where neighbours differ least on either side of it.
struct Front {
  int low = 0, high = 0;
  int in = 0, out = 0;
  int room = 0;  ///< stages it can move before it is cut
};

template <int W>
GADOLIN_HD inline double difference(const BankView<W>& b, int i) {
  return std::fabs(b.eta[i + 1] - b.eta[i]) + std::fabs(b.xi[i + 1] - b.xi[i]);
}
/// Flattest gap among stages first..last.
template <int W>
GADOLIN_HD inline int flattest(const BankView<W>& b, int first, int last) {
  int best = first;
  for (int i = first + 1; i < last; ++i) {
    if (difference(b, i) < difference(b, best)) best = i;
  }
  return best;
}

/// The front that Newton's direction is about; room 0: none.
template <int W>
GADOLIN_HD inline Front find_front(const BankView<W>& b) {
  int at = 0;
  double most = 0.0;
  for (int i = 0; i < b.n; ++i) {
    const double size = std::fabs(b.d_eta[i]) + std::fabs(b.d_xi[i]);
    if (size > most && b.special[i] == 0) {
      most = size;
      at = i;
    }
  }
  Front front;
  if (b.special[at] != 0) return front;
  int low = at, high = at;
  while (b.special[low] == 0) --low;
  while (b.special[high] == 0) ++high;
  // Along the profile the direction is minus the way the front would go.
  double along = 0.0;
  for (int i = low + 1; i < high; ++i) {
    along -= b.d_eta[i] * (b.eta[i + 1] - b.eta[i - 1]) + b.d_xi[i] * (b.xi[i + 1] - b.xi[i - 1]);
  }
  front.low = low;
  front.high = high;
  const int below = at - low > 1 ? flattest(b, low + 1, at) : low;
  const int above = high - at > 1 ? flattest(b, at, high - 1) : high - 1;
  front.in = along > 0.0 ? below : above;
  front.out = along > 0.0 ? above : below;
  front.room = along > 0.0 ? above - at : at - 1 - below;
  return front;
}

/// Trial profile with the front moved by `way` stages.
template <class Team, int W>
GADOLIN_HD void move_front(const Team& team, const BankView<W>& b, const Front& front, double way) {
  const bool upwards = front.out > front.in;
  team.for_each(static_cast<std::size_t>(b.n), [&](std::size_t j) {
    const int i = static_cast<int>(j);
    double from = i;
    if (upwards && i > front.in && i <= front.out) {
      const double t = i - front.in;
      from = t < 1.0 + way ? front.in + t / (1.0 + way) : i - way;
    } else if (!upwards && i > front.out && i <= front.in) {
      const double t = front.in + 1 - i;
      from = t < 1.0 + way ? front.in + 1 - t / (1.0 + way) : i + way;
    }
    int at = static_cast<int>(from);
    if (at > b.n - 2) at = b.n - 2;
    const double t = from - at;
    b.trial_eta[j] = (1.0 - t) * b.eta[static_cast<std::size_t>(at)] +
                     t * b.eta[static_cast<std::size_t>(at) + 1];
    b.trial_xi[j] =
        (1.0 - t) * b.xi[static_cast<std::size_t>(at)] + t * b.xi[static_cast<std::size_t>(at) + 1];
  });
  team.barrier();
}

/// Largest F1 + F2 of the section, with its sign.
template <int W>
GADOLIN_HD inline double excess(const BankView<W>& b, const Front& front) {
  double most = 0.0;
  for (int i = front.low + 1; i < front.high; ++i) {
    const double f = b.f1[i] + b.f2[i];
    if (std::fabs(f) > std::fabs(most)) most = f;
  }
  return most;
}

/// Newton's direction over a plateau is a shift of its front, whose length it does not know: the
/// front is moved to where the excess of what the plateau holds changes its sign.
/// in   b.d_eta, b.d_xi, F of b.eta, b.xi; squares |F|^2 there
/// out  true: the trial profile, with its x, y, F current, is better by half
template <class Team, int W>
GADOLIN_HD GADOLIN_SEPARATION_CALL bool slide(const Team& team, const BankView<W>& b,
                                              double squares, Merit& next) {
  const Front front = find_front(b);
  const double start = excess(b, front);
  team.barrier();
  if (front.room < 2) return false;
  double low = 0.0, high = front.room, best = 0.0, least = 0.5 * squares, tried = 0.0,
         smallest = 1e300;
  for (int probe = 0; probe < 6; ++probe) {
    const double way = 0.5 * (low + high);
    move_front(team, b, front, way);
    transport(team, b, b.trial_eta, b.trial_xi);
    residuals(team, b);
    const Merit merit = merit_of(b);
    const double now = excess(b, front);
    team.barrier();
    tried = way;
    if (merit.squares < least) {
      least = merit.squares;
      best = way;
      next = merit;
    }
    smallest = merit.squares < smallest ? merit.squares : smallest;
    if (probe == 1 && smallest > squares) break;
    if (now * start > 0.0) {
      low = way;
    } else {
      high = way;
    }
  }
  if (best == 0.0) return false;
  if (best != tried) {
    move_front(team, b, front, best);
    transport(team, b, b.trial_eta, b.trial_xi);
    residuals(team, b);
  }
  return true;
}

}  // namespace gadolin::separation::bank_detail
