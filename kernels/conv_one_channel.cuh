#pragma once

#include "kernels/launch.cuh"

/// The first layers of the network in one kernel: 5×5 convolution of images with one channel, bias, ReLU and
/// 2×2 max-pooling; and their backward pass. With one input channel there is too little work an output for
/// tensor cores, and fused with the pool the full-size activation and its gradient, the largest arrays of the
/// network, never exist. All arithmetic is in float; images and activations are float or bf16.
namespace lenet::kernels {

constexpr int kOneChannelKernel = 5;

struct OneChannelShape {
  std::int64_t samples = 0, filters = 0;
  std::int64_t height = 0, width = 0;  ///< of the images
  std::int64_t padding = 2;            ///< zeros on every side, at most 2

  std::int64_t pooled_height() const { return (height + 2 * padding - kOneChannelKernel + 1) / 2; }
  std::int64_t pooled_width() const { return (width + 2 * padding - kOneChannelKernel + 1) / 2; }
};

/// Whether these kernels can do it: the padded image has to fit into 16 KiB of shared memory (60×60 with
/// padding).
bool conv_one_channel_fits(const OneChannelShape& shape);

template <typename T>
struct ConvOneChannelArgs {
  const T* images = nullptr;       ///< samples × height × width
  const float* weights = nullptr;  ///< filters × 5 × 5
  const float* bias = nullptr;     ///< filters
  T* output = nullptr;             ///< samples × pooled height × pooled width × filters
  std::uint8_t* winner = nullptr;  ///< one an output: 2 × row + column of the first maximum; null: evaluation
  OneChannelShape shape;
};

/// 50 FLOP for each activation that is pooled: 63 MFLOP for 50 MNIST images and 32 filters, 1 µs at an H100's
/// peak.
template <typename T>
[[nodiscard]] cudaError_t launch_conv_one_channel(const ConvOneChannelArgs<T>& args, cudaStream_t stream);

template <typename T>
struct ConvOneChannelBackwardArgs {
  const T* images = nullptr;
  const T* gradient = nullptr;  ///< of the output
  const T* output = nullptr;    ///< the gradient passes where it is > 0
  const std::uint8_t* winner = nullptr;
  float* weight_gradient = nullptr;
  float* bias_gradient = nullptr;
  OneChannelShape shape;
  float* workspace = nullptr;  ///< conv_one_channel_workspace_bytes(); needs no preparation
};

std::size_t conv_one_channel_workspace_bytes(const OneChannelShape& shape);

/// Three of four activations have gradient 0 and cost nothing. Two launches, sums always in the same order.
template <typename T>
[[nodiscard]] cudaError_t launch_conv_one_channel_backward(const ConvOneChannelBackwardArgs<T>& args,
                                                           cudaStream_t stream);

}  // namespace lenet::kernels
