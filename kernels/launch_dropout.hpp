#pragma once

#include <cstdint>
#include <cuda_runtime_api.h>

#include "kernels/bf16.hpp"
#include "kernels/step_state.hpp"

namespace lenet::kernels {

/// output = input × the mask's factors (see dropout.hpp): activations forward, gradients backward. May run in
/// place. T is float or bf16. After ReLU, the backward pass needs no mask: launch_bias_gradient sees in the
/// output which elements were dropped.
template <typename T>
struct DropoutArgs {
  const T* input = nullptr;
  T* output = nullptr;
  std::int64_t count = 0;
  std::uint64_t seed = 0;
  std::uint32_t layer = 0;           ///< index of the layer in its graph
  float rate = 0;                    ///< in [0, 1)
  const StepState* state = nullptr;  ///< the mask is that of the running step
  /// For images in N×pixels×channels memory order, while the mask counts elements in C, H, W order. With
  /// `channels` 1 the elements are in the mask's order.
  std::int64_t channels = 1;
  std::int64_t pixels = 1;
};

/// Reads and writes each element once; ten rounds of Philox per four elements.
template <typename T>
[[nodiscard]] cudaError_t launch_dropout(const DropoutArgs<T>& args, cudaStream_t stream);

}  // namespace lenet::kernels
