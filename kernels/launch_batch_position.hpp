#pragma once

#include <cstdint>
#include <cuda_runtime_api.h>

#include "kernels/step_state.hpp"

namespace lenet::kernels {

/// Finds the next step's batch in device memory that holds the orders of two epochs, the even one first:
/// position = (epoch mod 2) · samples + (step within the epoch) · batch. So a captured step needs no number
/// from the host. Steps of a graph add what they are behind its first.
struct BatchPositionArgs {
  const StepState* state = nullptr;  ///< of the last step that was taken
  std::int64_t samples = 0;          ///< per epoch
  std::int64_t batch = 0;            ///< samples per step; the last step of an epoch may have fewer
  std::int64_t* position = nullptr;  ///< receives the result
};

/// One thread.
[[nodiscard]] cudaError_t launch_batch_position(const BatchPositionArgs& args, cudaStream_t stream);

}  // namespace lenet::kernels
