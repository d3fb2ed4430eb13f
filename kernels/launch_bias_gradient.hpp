#pragma once

#include <cstdint>
#include <cuda_runtime_api.h>

#include "kernels/bf16.hpp"
#include "kernels/column_sum.hpp"

namespace lenet::kernels {

/// bias_gradient[channel] = Σ gradient over samples and pixels. With `output`, the kernel also does ReLU's
/// backward pass, and that of dropout after ReLU: a dropped element is 0 in the output, too. T is float or
/// bf16.
template <typename T>
struct BiasGradientArgs {
  const T* gradient = nullptr;  ///< samples × channels × pixels in the layout; dense layers have one pixel
  const T* output = nullptr;    ///< activation: the gradient passes where it is > 0; null: everywhere
  float scale = 1;              ///< factor of the gradient that passes: 1 / (1 - rate) after dropout
  T* masked = nullptr;          ///< receives the masked, scaled gradient; may be `gradient` itself, or null
  float* bias_gradient = nullptr;
  std::int64_t samples = 0;
  std::int64_t channels = 0;
  std::int64_t pixels = 1;
  Layout layout = Layout::channels_last;
  void* workspace = nullptr;  ///< column_sum_workspace_bytes() of these sizes, zero before its first use
};

/// One launch. Moves each element of `gradient`, `output` and `masked` once.
template <typename T>
[[nodiscard]] cudaError_t launch_bias_gradient(const BiasGradientArgs<T>& args, cudaStream_t stream);

}  // namespace lenet::kernels
