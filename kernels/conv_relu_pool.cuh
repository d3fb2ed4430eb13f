#pragma once

#include "kernels/element.cuh"
#include "kernels/launch_conv_relu_pool.hpp"

/// What the forward and the backward kernel of conv_relu_pool share: the shape for 32-bit indices, how work
/// is cut up, and the padded image in shared memory.
namespace lenet::kernels {

constexpr int kImageFloats = 4096;  // shared memory of one padded image
constexpr int kTaps = kConvReluPoolKernel * kConvReluPoolKernel;
constexpr unsigned kConvReluPoolWarps = 8;
constexpr unsigned kConvReluPoolBlock = kConvReluPoolWarps * kWarp;

struct ConvReluPoolExtents {
  std::int32_t samples, filters, height, width, padding, pooled_height, pooled_width;
  std::int32_t pitch;  ///< floats from one padded row to the next

  __device__ std::int32_t positions() const { return pooled_height * pooled_width; }
  /// Offset in the pooled arrays.
  __device__ std::int32_t pooled(std::int32_t sample, std::int32_t position, std::int32_t filter) const {
    return (sample * positions() + position) * filters + filter;
  }
};

/// The grid: groups of 32 filters, one a lane; for each, `blocks` that take (sample, part of its positions)
/// in turn.
struct ConvReluPoolGrid {
  unsigned groups, blocks;
  std::int32_t parts;  ///< into which a sample's positions are cut
};

/// False if conv_relu_pool_fits() is.
bool conv_relu_pool_extents(const ConvReluPoolShape& shape, ConvReluPoolExtents& image);
/// About `wanted` blocks in all.
ConvReluPoolGrid conv_relu_pool_grid(const ConvReluPoolExtents& image, std::int64_t wanted);

/// Copies a sample with its border of zeros to shared memory; the whole block takes part, and no thread may
/// still be reading the one before.
template <typename T>
__device__ void load_padded(const ConvReluPoolExtents& image, const T* images, std::int32_t sample,
                            float* padded) {
  const std::int32_t rows = image.height + 2 * image.padding;
  const T* pixels = images + static_cast<std::int64_t>(sample) * image.height * image.width;
  for (auto i = static_cast<std::int32_t>(threadIdx.x); i < rows * image.pitch; i += kConvReluPoolBlock) {
    const std::int32_t y = i / image.pitch - image.padding;
    const std::int32_t x = i % image.pitch - image.padding;
    const bool inside = y >= 0 && y < image.height && x >= 0 && x < image.width;
    padded[i] = inside ? to_float(pixels[y * image.width + x]) : 0.0f;
  }
}

}  // namespace lenet::kernels
