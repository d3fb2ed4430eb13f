#pragma once

#include "engine/train/stop_request.hpp"

namespace lenet::cli {

/// While an object of this class exists, signals act on the run. At most one object may exist at a time.
///
/// - SIGINT, SIGTERM, SIGHUP and SIGXCPU ask it to stop after the current step. A second SIGINT or SIGTERM
/// kills
///   the process at once; not within a tenth of a second, because timeout(1) and some schedulers send each
///   signal twice.
/// - SIGUSR1 and SIGUSR2, by which schedulers announce the end of a job, ask it to save its state and go on.
/// - SIGPIPE asks it to stop: the reader of standard output has gone (`lenet_train | head`).
///
/// A signal that the parent process ignores, as nohup(1) ignores SIGHUP, stays ignored, except for SIGPIPE.
class StopOnSignals {
 public:
  explicit StopOnSignals(train::StopRequest& stop);
  ~StopOnSignals();
  StopOnSignals(const StopOnSignals&) = delete;
  StopOnSignals& operator=(const StopOnSignals&) = delete;

  /// Returns the first signal that asked for a stop, or 0 if there was none.
  int received() const;
  /// Returns the exit code that shells expect after a signal: 130 for SIGINT, 143 for SIGTERM.
  int exit_code() const { return 128 + received(); }
};

/// Makes signals end this program if it is process 1 of a container: the kernel ignores them there otherwise.
void end_on_signals_as_process_one();

}  // namespace lenet::cli
