#pragma once

#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include "engine/cuda/libraries/numerics.hpp"

namespace lenet::cuda {

/// Reads and writes arrays of either element.
inline float read(const void* array, std::int64_t index, DType element) {
  if (element == DType::f32) return static_cast<const float*>(array)[index];
  return __bfloat162float(static_cast<const __nv_bfloat16*>(array)[index]);
}

inline void write(void* array, std::int64_t index, DType element, double value) {
  const auto rounded = static_cast<float>(value);
  if (element == DType::f32)
    static_cast<float*>(array)[index] = rounded;
  else
    static_cast<__nv_bfloat16*>(array)[index] = __float2bfloat16_rn(rounded);
}

}  // namespace lenet::cuda
