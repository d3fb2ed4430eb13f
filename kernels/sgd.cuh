#pragma once

#include "kernels/launch.cuh"

namespace lenet::kernels {

/// weights -= learning_rate × gradients, over flat arrays of `count`.
struct SgdArgs {
  float* weights = nullptr;
  const float* gradients = nullptr;
  std::int64_t count = 0;
  float learning_rate = 0;
  bf16* weights_bf16 = nullptr;  ///< the new weights, rounded, as well; may be null
};

/// Moves 12 bytes a parameter, 14 with the rounded weights.
[[nodiscard]] cudaError_t launch_sgd(const SgdArgs& args, cudaStream_t stream);

}  // namespace lenet::kernels
