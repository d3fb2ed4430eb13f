#pragma once

#include <cstddef>
#include <cuda_runtime_api.h>
#include <functional>

#include "engine/cuda/runtime/handles.hpp"
#include "engine/cuda/runtime/memory.hpp"

namespace lenet::cuda {

/// Times work on a stream between two events, with the L2 cache cold or as it is.
class EventTimer {
 public:
  /// Takes device memory of `flush_bytes`, which should be more than the L2 cache has. Throws DeviceError.
  EventTimer(cudaStream_t stream, std::size_t flush_bytes);

  /// Queues the writing of all that memory, so that nothing else is in the cache.
  void flush_cache();
  /// Waits for the work. Includes the cost of the two events. Throws DeviceError.
  float milliseconds(const std::function<void()>& work) const;

 private:
  cudaStream_t stream_;
  DeviceMemory memory_;
  std::size_t flush_bytes_;
  DeviceBuffer flushed_;
  int flushes_ = 0;
  Event begin_{Event::timed}, end_{Event::timed};
};

/// Bytes of the current device's L2 cache.
std::size_t cache_bytes();

}  // namespace lenet::cuda
