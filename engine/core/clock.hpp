#pragma once

#include <chrono>

namespace lenet {

/// The clock for durations: monotonic, unlike the time of day.
using Clock = std::chrono::steady_clock;

inline double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace lenet
