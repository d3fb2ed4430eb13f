#pragma once

/// Replaces CUDA's header of this name where kernels run in the simulator, with only what they use of it.
#include <math.h>

#include "tests/kernels/simulator/runtime.hpp"
#include "tests/kernels/simulator/simulator.hpp"

#define __global__
#define __device__
#define __host__
#define __launch_bounds__(...)

using dim3 = simulator::Extent;
struct alignas(8) float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(4) uchar4 {
  unsigned char x, y, z, w;
};
inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }

#define threadIdx (simulator::current().thread)
#define blockIdx (simulator::current().block)
#define blockDim (simulator::current().block_extent)
#define gridDim (simulator::current().grid_extent)

#define __syncthreads() simulator::sync_block(__LINE__)
#define __syncwarp() simulator::sync_warp(__LINE__)
#define __shfl_xor_sync(mask, value, lanes) \
  simulator::shuffle(value, simulator::current().lane ^ static_cast<unsigned>(lanes), __LINE__)
#define __shfl_sync(mask, value, source) simulator::shuffle(value, static_cast<unsigned>(source), __LINE__)
inline void __threadfence() {}
template <typename T>
T __ldcg(const T* address) {
  return *address;
}
inline unsigned atomicAdd(unsigned* address, unsigned value) { return simulator::atomic_add(address, value); }

#define LENET_LAUNCH(kernel, grid, block, stream, ...) \
  simulator::launch_on(stream, kernel, grid, block, __VA_ARGS__)
#define LENET_SHARED(type, name, count)  \
  type* const name = static_cast<type*>( \
      simulator::shared_memory(sizeof(type) * static_cast<std::size_t>(count), alignof(type)))
