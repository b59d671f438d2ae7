#include "app/stop_signal.hpp"

#include <csignal>

namespace gadolin::app {

namespace {
volatile std::sig_atomic_t stop = 0;
void note(int signal) {
  if (signal == SIGTERM) stop = 1;
}
}  // namespace

void watch_stop_signals() {
  std::signal(SIGTERM, note);
  std::signal(SIGUSR1, note);  // checkpoint and go on: every chunk is one
}

bool stop_requested() { return stop != 0; }

}  // namespace gadolin::app
