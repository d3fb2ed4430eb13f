#pragma once

#include <cstdint>
#include <cuda_runtime_api.h>
#include <functional>
#include <string>

#include "engine/cuda/runtime/handles.hpp"
#include "engine/cuda/runtime/memory.hpp"

namespace lenet::bench {

/// What a device can do at best, from its own attributes.
struct DevicePeak {
  std::string name;
  /// Of its memory: clock × 2 (double data rate) × bus width. 0 where the driver does not tell the clock.
  double bytes_per_second = 0;
  std::int64_t l2_bytes = 0;
};

/// Makes device `index` the running one. Throws DeviceError if there is none of that number, no
/// driver, or no code for it in this build.
DevicePeak open_for_timing(int index);

/// Microseconds of one launch.
struct LaunchTime {
  double cold = 0;      ///< after the L2 cache was overwritten; with what the two events cost
  double replayed = 0;  ///< one of many in a row in a CUDA graph: what it touches is in L2 if it fits there
};

/// Times launches with CUDA events: medians after a warm-up.
class LaunchTimer {
 public:
  LaunchTimer(std::int64_t l2_bytes, std::int64_t repeats);

  using Launch = std::function<cudaError_t(cudaStream_t)>;
  /// Throws DeviceError if a launch, or what it started, fails.
  LaunchTime time(const Launch& launch);
  /// What two events show with nothing between them: `cold` times hold as much that is not the kernel's.
  double nothing();

 private:
  double cold(const Launch& launch);
  double replayed(const Launch& launch);
  double microseconds(const std::function<void()>& work);

  std::int64_t repeats_;
  std::size_t flush_bytes_;
  cuda::DeviceMemory memory_;
  cuda::DeviceBuffer flushed_;
  cuda::Stream stream_;
  cuda::Event start_{cuda::Event::timed}, stop_{cuda::Event::timed};
};

}  // namespace lenet::bench
