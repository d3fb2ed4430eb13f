#pragma once

#include "kernels/launch.cuh"

/// Reads and writes arrays of float and bf16 with the same functions, one element or four adjacent ones at a
/// time. All arithmetic is in float.
namespace lenet::kernels {

LENET_VECTOR4(Bf16x4, bf16);

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

/// Read or write elements 4 * block … 4 * block + 3 of an array of `count`: those past its end read as 0 and
/// are not written. With `aligned`, the array begins at a multiple of four elements, so that one access takes
/// all four.
__device__ inline float4 load4(const float* values, std::int64_t block, std::int64_t count, bool aligned) {
  if (aligned && 4 * block + 4 <= count) return reinterpret_cast<const float4*>(values)[block];
  const float* at = values + 4 * block;
  const std::int64_t left = count - 4 * block;
  return make_float4(at[0], left > 1 ? at[1] : 0.0f, left > 2 ? at[2] : 0.0f, left > 3 ? at[3] : 0.0f);
}
__device__ inline float4 load4(const bf16* values, std::int64_t block, std::int64_t count, bool aligned) {
  const bf16* at = values + 4 * block;
  const std::int64_t left = count - 4 * block;
  if (aligned && left >= 4) {
    const Bf16x4 four = reinterpret_cast<const Bf16x4*>(values)[block];
    return make_float4(to_float(four.x), to_float(four.y), to_float(four.z), to_float(four.w));
  }
  return make_float4(to_float(at[0]), left > 1 ? to_float(at[1]) : 0.0f, left > 2 ? to_float(at[2]) : 0.0f,
                     left > 3 ? to_float(at[3]) : 0.0f);
}

__device__ inline void store_aligned4(float* values, std::int64_t block, float4 four) {
  reinterpret_cast<float4*>(values)[block] = four;
}
__device__ inline void store_aligned4(bf16* values, std::int64_t block, float4 four) {
  reinterpret_cast<Bf16x4*>(values)[block] = {from_float<bf16>(four.x), from_float<bf16>(four.y),
                                              from_float<bf16>(four.z), from_float<bf16>(four.w)};
}
template <typename T>
__device__ void store4(T* values, std::int64_t block, std::int64_t count, bool aligned, float4 four) {
  const std::int64_t left = count - 4 * block;
  if (aligned && left >= 4) return store_aligned4(values, block, four);
  T* at = values + 4 * block;
  at[0] = from_float<T>(four.x);
  if (left > 1) at[1] = from_float<T>(four.y);
  if (left > 2) at[2] = from_float<T>(four.z);
  if (left > 3) at[3] = from_float<T>(four.w);
}

/// Applies a function to each of four elements.
template <typename Function>
__device__ float4 map4(float4 a, Function f) {
  return make_float4(f(a.x), f(a.y), f(a.z), f(a.w));
}
template <typename Function>
__device__ float4 map4(float4 a, float4 b, Function f) {
  return make_float4(f(a.x, b.x), f(a.y, b.y), f(a.z, b.z), f(a.w, b.w));
}

/// This thread's index in a one-dimensional grid, and the number of threads in the grid.
__device__ inline std::int64_t global_thread() {
  return static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}
__device__ inline std::int64_t all_threads() { return static_cast<std::int64_t>(gridDim.x) * blockDim.x; }

/// Whether all arrays begin at a multiple of four elements; a null array does.
template <typename... T>
bool aligned4(const T*... arrays) {
  return ((reinterpret_cast<std::uintptr_t>(arrays) % (4 * sizeof(T)) == 0) && ...);
}

/// sums += factor · values
__device__ inline void multiply_add(float4& sums, float factor, float4 values) {
  sums.x += factor * values.x;
  sums.y += factor * values.y;
  sums.z += factor * values.z;
  sums.w += factor * values.w;
}

}  // namespace lenet::kernels
