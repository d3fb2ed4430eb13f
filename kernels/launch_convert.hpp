#pragma once

#include <cstdint>
#include <cuda_runtime_api.h>

#include "kernels/bf16.hpp"

namespace lenet::kernels {

/// to = from, rounded to the nearest bf16.
struct ConvertArgs {
  const float* from = nullptr;
  bf16* to = nullptr;
  std::int64_t count = 0;
};

/// Moves 6 bytes per element.
[[nodiscard]] cudaError_t launch_convert(const ConvertArgs& args, cudaStream_t stream);

/// to = from, exactly.
struct WidenArgs {
  const bf16* from = nullptr;
  float* to = nullptr;
  std::int64_t count = 0;
};

/// Moves 6 bytes per element.
[[nodiscard]] cudaError_t launch_widen(const WidenArgs& args, cudaStream_t stream);

}  // namespace lenet::kernels
