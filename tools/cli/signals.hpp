#pragma once

#include "engine/train/stop_request.hpp"

namespace lenet::cli {

/// While an object of this class exists, SIGINT and SIGTERM ask the run to stop at the next step; a second
/// one kills at once. At most one object at a time.
class StopOnSignals {
 public:
  explicit StopOnSignals(train::StopRequest& stop);
  ~StopOnSignals();
  StopOnSignals(const StopOnSignals&) = delete;
  StopOnSignals& operator=(const StopOnSignals&) = delete;

  /// The exit code that shells expect of a program that a signal ended: 130 for SIGINT, 143 for SIGTERM.
  int exit_code() const;
};

}  // namespace lenet::cli
