#pragma once

#include "kernels/launch.cuh"
#include "kernels/step_state.hpp"

namespace lenet::kernels {

/// Records a step in `first_step` unless one is recorded there; nothing if it is null.
__device__ inline void record_step(std::int64_t step, std::int64_t* first_step) {
  constexpr auto kNone = static_cast<unsigned long long>(-1);
  if (first_step)
    atomicCAS(reinterpret_cast<unsigned long long*>(first_step), kNone,
              static_cast<unsigned long long>(step));
}

/// Records the running step in `first_step`, unless one is recorded there, if a weight is not finite. A
/// library's ReLU may turn NaN into 0, so that the loss does not show a weight that broke.
__device__ inline void record_nonfinite(float4 weights, const StepState* state, std::int64_t* first_step) {
  if (isfinite(weights.x) && isfinite(weights.y) && isfinite(weights.z) && isfinite(weights.w)) return;
  record_step(state->step, first_step);
}

}  // namespace lenet::kernels
