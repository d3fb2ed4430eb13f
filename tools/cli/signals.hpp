#pragma once

#include "engine/train/stop_request.hpp"

namespace lenet::cli {

/// While an object of this class exists, the first SIGINT or SIGTERM asks the run to stop after the current
/// step, and the second kills the process at once. At most one object may exist at a time.
class StopOnSignals {
 public:
  explicit StopOnSignals(train::StopRequest& stop);
  ~StopOnSignals();
  StopOnSignals(const StopOnSignals&) = delete;
  StopOnSignals& operator=(const StopOnSignals&) = delete;

  /// Returns the exit code that shells expect after a signal: 130 for SIGINT, 143 for SIGTERM.
  int exit_code() const;
};

}  // namespace lenet::cli
