#pragma once

#include <chrono>

namespace lenet {

/// Measures durations; never jumps, as the time of day may.
using Clock = std::chrono::steady_clock;

inline double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace lenet
