#pragma once

#include <cstddef>
#include <cstdint>
#include <cuda_runtime_api.h>

#include "kernels/bf16.hpp"

/// A 5×5 convolution of images with one channel, its bias, ReLU and 2×2 max-pooling in one kernel; and their
/// backward pass. One input channel gives too little work per output for tensor cores. Because the pool is
/// fused in, the full-size activation and its gradient, the largest arrays of the network, never exist. All
/// arithmetic is in float; images and activations are float or bf16.
namespace lenet::kernels {

constexpr int kConvReluPoolKernel = 5;

struct ConvReluPoolShape {
  std::int64_t samples = 0, filters = 0;
  std::int64_t height = 0, width = 0;  ///< of the images
  std::int64_t padding = 2;            ///< zeros on every side, at most 2

  std::int64_t pooled_height() const { return (height + 2 * padding - kConvReluPoolKernel + 1) / 2; }
  std::int64_t pooled_width() const { return (width + 2 * padding - kConvReluPoolKernel + 1) / 2; }
};

/// Whether the kernels support the shape: the padded image has to fit into 16 KiB of shared memory (60×60
/// with padding).
bool conv_relu_pool_fits(const ConvReluPoolShape& shape);

template <typename T>
struct ConvReluPoolArgs {
  const T* images = nullptr;       ///< samples × height × width
  const float* weights = nullptr;  ///< filters × 5 × 5
  const float* bias = nullptr;     ///< filters
  T* output = nullptr;             ///< samples × pooled height × pooled width × filters
  std::uint8_t* argmax = nullptr;  ///< per output: 2 × row + column of the first maximum; null: evaluation
  ConvReluPoolShape shape;
};

/// 50 FLOP per activation before pooling: 63 MFLOP for 50 MNIST images and 32 filters, 1 µs at an H100's
/// peak.
template <typename T>
[[nodiscard]] cudaError_t launch_conv_relu_pool(const ConvReluPoolArgs<T>& args, cudaStream_t stream);

template <typename T>
struct ConvReluPoolBackwardArgs {
  const T* images = nullptr;
  const T* gradient = nullptr;  ///< of the output
  const T* output = nullptr;    ///< the gradient passes where it is > 0
  const std::uint8_t* argmax = nullptr;
  float* weight_gradient = nullptr;
  float* bias_gradient = nullptr;
  ConvReluPoolShape shape;
  float* workspace = nullptr;  ///< conv_relu_pool_workspace_bytes(); any contents
};

std::size_t conv_relu_pool_workspace_bytes(const ConvReluPoolShape& shape);

/// Three of four activations have gradient 0 and cost nothing. Two launches; sums are always in one order.
template <typename T>
[[nodiscard]] cudaError_t launch_conv_relu_pool_backward(const ConvReluPoolBackwardArgs<T>& args,
                                                         cudaStream_t stream);

}  // namespace lenet::kernels
