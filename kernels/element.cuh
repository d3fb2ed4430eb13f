#pragma once

#include "kernels/launch.cuh"

/// Reading and writing float and bf16 alike: one element, or four that lie side by side. All arithmetic is in
/// float.
namespace lenet::kernels {

struct alignas(8) Bf16x4 {
  bf16 x, y, z, w;
};

__device__ inline float to_float(float value) { return value; }
__device__ inline float to_float(bf16 value) { return __bfloat162float(value); }

template <typename T>
__device__ T from_float(float value);
template <>
__device__ inline float from_float<float>(float value) {
  return value;
}
template <>
__device__ inline bf16 from_float<bf16>(float value) {
  return __float2bfloat16_rn(value);
}

/// Elements 4 * block … 4 * block + 3; `values` is aligned to four elements.
__device__ inline float4 load4(const float* values, std::int64_t block) {
  return reinterpret_cast<const float4*>(values)[block];
}
__device__ inline float4 load4(const bf16* values, std::int64_t block) {
  const Bf16x4 four = reinterpret_cast<const Bf16x4*>(values)[block];
  return make_float4(to_float(four.x), to_float(four.y), to_float(four.z), to_float(four.w));
}
__device__ inline void store4(float* values, std::int64_t block, float4 four) {
  reinterpret_cast<float4*>(values)[block] = four;
}
__device__ inline void store4(bf16* values, std::int64_t block, float4 four) {
  reinterpret_cast<Bf16x4*>(values)[block] = {from_float<bf16>(four.x), from_float<bf16>(four.y),
                                              from_float<bf16>(four.z), from_float<bf16>(four.w)};
}

/// Whether load4 and store4 may be used on an array; null is fine.
template <typename T>
bool aligned4(const T* values) {
  return reinterpret_cast<std::uintptr_t>(values) % (4 * sizeof(T)) == 0;
}

}  // namespace lenet::kernels
