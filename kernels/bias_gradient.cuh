#pragma once

#include "kernels/launch.cuh"
#include "kernels/layout.hpp"

namespace lenet::kernels {

/// bias_gradient[channel] = Σ gradient over samples and pixels. With `output`, ReLU's backward pass is done
/// on the way, and that of dropout after ReLU: what was dropped is 0, too. T is float or bf16.
template <typename T>
struct BiasGradientArgs {
  const T* gradient = nullptr;  ///< samples × channels × pixels in the layout; dense layers have one pixel
  const T* output = nullptr;    ///< of the activation: the gradient counts where it is > 0; may be null
  float scale = 1;              ///< of what counts: 1 / (1 - rate) after dropout
  T* masked = nullptr;          ///< what counts, scaled, or 0; may be `gradient` itself, or null
  float* bias_gradient = nullptr;
  std::int64_t samples = 0;
  std::int64_t channels = 0;
  std::int64_t pixels = 1;
  Layout layout = Layout::channels_last;
  void* workspace = nullptr;  ///< column_sum_workspace_bytes() of these sizes, zero before its first use
};

/// See column_sum.cuh. The same for every kernel that sums up a channel.
std::size_t column_sum_workspace_bytes(std::int64_t samples, std::int64_t channels, std::int64_t pixels,
                                       Layout layout);

/// One launch; moves an element each of `gradient`, `output` and `masked`.
template <typename T>
[[nodiscard]] cudaError_t launch_bias_gradient(const BiasGradientArgs<T>& args, cudaStream_t stream);

}  // namespace lenet::kernels
