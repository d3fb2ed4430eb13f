#pragma once

#include "kernels/launch.cuh"

namespace lenet::kernels {

/// output = max(input, 0). In place is fine. T is float or bf16.
template <typename T>
struct ReluArgs {
  const T* input = nullptr;
  T* output = nullptr;
  std::int64_t count = 0;
};

/// Moves 2 elements an element.
template <typename T>
[[nodiscard]] cudaError_t launch_relu(const ReluArgs<T>& args, cudaStream_t stream);

/// input_gradient = gradient where output > 0, else 0. In place is fine.
template <typename T>
struct ReluBackwardArgs {
  const T* gradient = nullptr;
  const T* output = nullptr;
  T* input_gradient = nullptr;
  std::int64_t count = 0;
};

/// Moves 3 elements an element. Where a bias gradient follows, launch_bias_gradient does both.
template <typename T>
[[nodiscard]] cudaError_t launch_relu_backward(const ReluBackwardArgs<T>& args, cudaStream_t stream);

}  // namespace lenet::kernels
