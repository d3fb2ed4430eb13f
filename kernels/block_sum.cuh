#pragma once

#include "kernels/launch.cuh"

/// Sums over the threads of a warp or a block, always in the same order.
namespace lenet::kernels {

constexpr unsigned kFullWarp = 0xffffffffu;

/// Every lane gets the sum over the warp.
template <typename T>
__device__ T warp_sum(T value) {
  for (int lanes = kWarp / 2; lanes > 0; lanes /= 2) value += __shfl_xor_sync(kFullWarp, value, lanes);
  return value;
}

/// Thread 0 gets the sum over the block, which is a whole number of warps in one dimension. `sums` is shared
/// memory for one value per warp, not used for anything else. Contains one barrier for all threads.
template <typename T>
__device__ T block_sum(T value, T* sums) {
  value = warp_sum(value);
  const unsigned lane = threadIdx.x % kWarp;
  const unsigned warp = threadIdx.x / kWarp;
  if (lane == 0) sums[warp] = value;
  __syncthreads();
  if (warp == 0) value = warp_sum(lane < blockDim.x / kWarp ? sums[lane] : T(0));
  return value;
}

}  // namespace lenet::kernels
