#pragma once

#include "kernels/launch.cuh"
#include "kernels/layout.hpp"

namespace lenet::kernels {

/// Windows of window × window, side by side; rows and columns left over at the bottom and the right are
/// dropped.
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
  std::uint8_t* winner = nullptr;  ///< one an output: row × window + column of the first maximum; may be null
  PoolShape shape;
};

/// Moves 1.25 elements an input element at window 2, and a byte for four.
template <typename T>
[[nodiscard]] cudaError_t launch_max_pool(const MaxPoolArgs<T>& args, cudaStream_t stream);

/// The gradient goes to each window's winner, 0 to all else. Where the pool follows a convolution with ReLU,
/// `output` lets it do ReLU's backward pass as well (the winner's activation is the pooled one), and
/// `bias_gradient` sums up the convolution's bias gradient, which is that of the pooled gradient.
template <typename T>
struct MaxPoolBackwardArgs {
  const T* gradient = nullptr;  ///< of the output
  const std::uint8_t* winner = nullptr;
  const T* output = nullptr;       ///< pooled: the gradient counts where it is > 0; null: everywhere
  T* input_gradient = nullptr;     ///< every element is written
  float* bias_gradient = nullptr;  ///< channels; may be null
  PoolShape shape;
  void* workspace =
      nullptr;  ///< with bias_gradient: column_sum_workspace_bytes() of the pooled sizes, zero at first
};

/// One launch; moves 1.5 elements an input element at window 2, and a byte for four.
template <typename T>
[[nodiscard]] cudaError_t launch_max_pool_backward(const MaxPoolBackwardArgs<T>& args, cudaStream_t stream);

}  // namespace lenet::kernels
