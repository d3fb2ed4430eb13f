#pragma once

#include <cstddef>
#include <cstdint>
#include <cuda_runtime_api.h>

#include "engine/core/histogram_buckets.hpp"

/// Reductions of arrays in device memory for observers. They run between steps, wait for their result, and
/// are made of Thrust's algorithms.
namespace lenet::kernels {

/// Gives device memory to Thrust, for the time of a call.
class ScratchMemory {
 public:
  virtual ~ScratchMemory() = default;
  /// Returns memory that is aligned to at least 256 bytes, or throws.
  virtual void* take(std::size_t bytes) = 0;
  virtual void give_back(void* memory) = 0;
};

/// Values in device memory.
struct DeviceValues {
  const float* data = nullptr;
  std::int64_t count = 0;
};

/// Finds the range of the finite values. Reads 4 bytes per value.
[[nodiscard]] cudaError_t find_value_range(const DeviceValues& values, ScratchMemory& scratch,
                                           cudaStream_t stream, ValueRange& range);

/// Counts the finite values by bucket. Requires their range, with range.min < range.max. Reads 4 bytes per
/// value, and takes up to 3 bytes of scratch memory per value.
[[nodiscard]] cudaError_t count_values(const DeviceValues& values, const ValueRange& range,
                                       ScratchMemory& scratch, cudaStream_t stream, BucketCounts& counts);

}  // namespace lenet::kernels
