#pragma once

/// Replaces CUDA's header of this name where kernels run in the simulator, with only what they use of it.
#include <bit>
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

/// Defines a vector of four elements. Every copy from or to memory checks that the address is aligned.
#define LENET_VECTOR4(name, element)                                                                         \
  struct alignas(4 * sizeof(element)) name {                                                                 \
    element x, y, z, w;                                                                                      \
    name() = default;                                                                                        \
    name(element first, element second, element third, element fourth)                                       \
        : x(first), y(second), z(third), w(fourth) {}                                                        \
    name(const name& other) : name(checked(other).x, other.y, other.z, other.w) {}                           \
    name& operator=(const name& other) {                                                                     \
      checked(*this);                                                                                        \
      x = checked(other).x, y = other.y, z = other.z, w = other.w;                                           \
      return *this;                                                                                          \
    }                                                                                                        \
    static const name& checked(const name& at) { return simulator::check_alignment(&at, sizeof(name)), at; } \
  }
LENET_VECTOR4(float4, float);
LENET_VECTOR4(uint4, unsigned);
LENET_VECTOR4(uchar4, unsigned char);

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
inline unsigned long long atomicAdd(unsigned long long* address, unsigned long long value) {
  return simulator::atomic_add(address, value);
}
inline unsigned atomicOr(unsigned* address, unsigned value) { return simulator::atomic_or(address, value); }
inline float __uint_as_float(unsigned bits) { return std::bit_cast<float>(bits); }
/// Returns four of the eight bytes y:x, chosen by the four nibbles of `selector`.
inline unsigned __byte_perm(unsigned x, unsigned y, unsigned selector) {
  const unsigned long long bytes = static_cast<unsigned long long>(y) << 32 | x;
  unsigned chosen = 0;
  for (unsigned i = 0; i < 4; ++i)
    chosen |= static_cast<unsigned>(bytes >> 8 * (selector >> 4 * i & 7) & 0xff) << 8 * i;
  return chosen;
}
inline unsigned long long atomicCAS(unsigned long long* address, unsigned long long compare,
                                    unsigned long long value) {
  return simulator::atomic_cas(address, compare, value);
}

#define LENET_LAUNCH(kernel, grid, block, stream, ...) \
  simulator::launch_on(stream, kernel, grid, block, __VA_ARGS__)
#define LENET_SHARED(type, name, count)  \
  type* const name = static_cast<type*>( \
      simulator::shared_memory(sizeof(type) * static_cast<std::size_t>(count), alignof(type)))
#define LENET_DYNAMIC_SHARED(type, name) \
  type* const name = static_cast<type*>(simulator::dynamic_shared_memory())
