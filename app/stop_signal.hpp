#pragma once

/// Long runs that can be gone on with: SIGTERM (a batch system's warning) asks them to stop at the
/// next safe point.
namespace gadolin::app {

/// From now on SIGTERM and SIGUSR1 are noted instead of ending the program.
void watch_stop_signals();
/// True once SIGTERM came: finish the chunk, flush, return ExitCode 75.
bool stop_requested();

/// EX_TEMPFAIL: stopped early with a valid checkpoint, run again with --restart.
inline constexpr int exit_requeue = 75;

}  // namespace gadolin::app
