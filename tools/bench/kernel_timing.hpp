#pragma once

#include <cstdint>
#include <cuda_runtime_api.h>
#include <functional>
#include <string>

#include "engine/cuda/runtime/event_timer.hpp"
#include "engine/cuda/runtime/handles.hpp"

namespace lenet::bench {

/// Peak figures of a device, from its attributes.
struct DevicePeak {
  std::string name;
  /// Memory bandwidth: clock × 2 (double data rate) × bus width. 0 if the driver reports no clock.
  double bytes_per_second = 0;
  std::int64_t l2_bytes = 0;
};

/// Makes device `index` the current one. Throws DeviceError if there is no such device, no driver, or no code
/// for it in this build.
DevicePeak open_for_timing(int index);

/// Time of one launch, in microseconds.
struct LaunchTime {
  double cold = 0;      ///< after the L2 cache was overwritten; includes the cost of the two events
  double replayed = 0;  ///< one of many in a CUDA graph: its data is in L2 if it fits there
};

/// Times launches with CUDA events: medians after a warm-up.
class LaunchTimer {
 public:
  LaunchTimer(std::int64_t l2_bytes, std::int64_t repeats);

  using Launch = std::function<cudaError_t(cudaStream_t)>;
  /// Throws DeviceError if a launch, or what it started, fails.
  LaunchTime time(const Launch& launch);
  /// Time between two events with nothing between them, in microseconds: this much of every `cold` time is
  /// overhead.
  double overhead();

 private:
  double cold(const Launch& launch);
  double replayed(const Launch& launch);
  double microseconds(const std::function<void()>& work);

  std::int64_t repeats_;
  cuda::Stream stream_;
  cuda::EventTimer timer_;
};

}  // namespace lenet::bench
