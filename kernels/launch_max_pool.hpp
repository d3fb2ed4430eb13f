#pragma once

#include <cstdint>
#include <cuda_runtime_api.h>

#include "kernels/bf16.hpp"
#include "kernels/column_sum.hpp"

namespace lenet::kernels {

/// Adjacent windows of window × window; rows and columns left over at the bottom and the right are dropped.
struct PoolShape {
  std::int64_t samples = 0, channels = 0, height = 0, width = 0;  ///< of the input
  std::int64_t window = 2;                                        ///< at most 16
  Layout layout = Layout::channels_last;
};

/// The maximum of each window. T is float or bf16.
template <typename T>
struct MaxPoolArgs {
  const T* input = nullptr;
  T* output = nullptr;             ///< height / window × width / window
  std::uint8_t* argmax = nullptr;  ///< per output: row × window + column of the first maximum; may be null
  PoolShape shape;
};

/// At window 2, moves 1.25 elements per input element, and one byte per four input elements.
template <typename T>
[[nodiscard]] cudaError_t launch_max_pool(const MaxPoolArgs<T>& args, cudaStream_t stream);

/// The gradient goes to each window's maximum, 0 to all else. Where the pool follows a convolution with ReLU,
/// `output` lets it do ReLU's backward pass as well (the activation at the maximum is the pooled one), and
/// `bias_gradient` receives the convolution's bias gradient, which is the sum of the pooled gradient.
template <typename T>
struct MaxPoolBackwardArgs {
  const T* gradient = nullptr;  ///< of the output
  const std::uint8_t* argmax = nullptr;
  const T* output = nullptr;       ///< pooled: the gradient passes where it is > 0; null: everywhere
  T* input_gradient = nullptr;     ///< every element is written
  float* bias_gradient = nullptr;  ///< channels; may be null
  PoolShape shape;
  /// Needed for `bias_gradient`: column_sum_workspace_bytes() of the pooled sizes, zero before its first use.
  void* workspace = nullptr;
};

/// One launch. At window 2, moves 1.5 elements per input element, and one byte per four input elements.
template <typename T>
[[nodiscard]] cudaError_t launch_max_pool_backward(const MaxPoolBackwardArgs<T>& args, cudaStream_t stream);

}  // namespace lenet::kernels
