#pragma once

#include <cstdint>
#include <cuda_runtime_api.h>

#include "kernels/bf16.hpp"
#include "kernels/step_state.hpp"

namespace lenet::kernels {

/// weights -= learning rate of the running step × gradients, over flat arrays of `count` elements.
struct SgdArgs {
  float* weights = nullptr;
  const float* gradients = nullptr;
  std::int64_t count = 0;
  const StepState* state = nullptr;  ///< holds the learning rate
  bf16* weights_bf16 = nullptr;      ///< also receives the new weights, rounded; may be null
  /// Receives the running step if a new weight is not finite and no step was recorded (-1); may be null.
  std::int64_t* first_nonfinite_step = nullptr;
};

/// Moves 12 bytes per parameter, 14 with the rounded weights.
[[nodiscard]] cudaError_t launch_sgd(const SgdArgs& args, cudaStream_t stream);

}  // namespace lenet::kernels
