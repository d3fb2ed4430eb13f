#pragma once

#include "kernels/launch.cuh"
#include "kernels/step_state.cuh"

namespace lenet::kernels {

/// weights -= learning rate of the running step × gradients, over flat arrays of `count`.
struct SgdArgs {
  float* weights = nullptr;
  const float* gradients = nullptr;
  std::int64_t count = 0;
  const StepState* state = nullptr;  ///< holds the learning rate
  bf16* weights_bf16 = nullptr;      ///< the new weights, rounded, as well; may be null
};

/// Moves 12 bytes a parameter, 14 with the rounded weights.
[[nodiscard]] cudaError_t launch_sgd(const SgdArgs& args, cudaStream_t stream);

}  // namespace lenet::kernels
