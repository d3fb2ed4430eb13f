#pragma once

#include <cstdint>
#include <cuda_runtime_api.h>

#include "kernels/bf16.hpp"

namespace lenet::kernels {

/// output = max(input, 0). May run in place. T is float or bf16.
template <typename T>
struct ReluArgs {
  const T* input = nullptr;
  T* output = nullptr;
  std::int64_t count = 0;
};

/// Reads and writes each element once.
template <typename T>
[[nodiscard]] cudaError_t launch_relu(const ReluArgs<T>& args, cudaStream_t stream);

/// input_gradient = gradient where output > 0, else 0. May run in place.
template <typename T>
struct ReluBackwardArgs {
  const T* gradient = nullptr;
  const T* output = nullptr;
  T* input_gradient = nullptr;
  std::int64_t count = 0;
};

/// Moves each element of the three arrays once. Where a bias gradient follows, launch_bias_gradient does
/// both.
template <typename T>
[[nodiscard]] cudaError_t launch_relu_backward(const ReluBackwardArgs<T>& args, cudaStream_t stream);

}  // namespace lenet::kernels
