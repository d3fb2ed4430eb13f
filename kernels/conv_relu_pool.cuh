#pragma once

#include <optional>

#include "kernels/element.cuh"
#include "kernels/launch_conv_relu_pool.hpp"

/// The common part of the forward and the backward kernel: the shape in 32 bits, the grid, and the padded
/// image in shared memory.
namespace lenet::kernels {

constexpr int kImageFloats = 4096;  // shared memory for one padded image
constexpr int kTaps = kConvReluPoolKernel * kConvReluPoolKernel;
constexpr unsigned kConvReluPoolWarps = 8;
constexpr unsigned kConvReluPoolBlock = kConvReluPoolWarps * kWarp;

/// The shape in 32 bits, and the pitch of the padded extents.
struct ConvReluPoolExtents {
  std::int32_t samples, filters, height, width, padding, pooled_height, pooled_width;
  std::int32_t pitch;  ///< floats from one padded row to the next

  __device__ std::int32_t positions() const { return pooled_height * pooled_width; }
  /// Offset of an element in the pooled arrays.
  __device__ std::int32_t pooled_offset(std::int32_t sample, std::int32_t position,
                                        std::int32_t filter) const {
    return (sample * positions() + position) * filters + filter;
  }
};

/// Groups of 32 filters, one per lane; and per group, `blocks` that take pairs (sample, part of its
/// positions) in turn.
struct ConvReluPoolGrid {
  unsigned groups, blocks;
  std::int32_t parts;  ///< number of parts that a sample's positions are divided into
};

/// Returns nullopt if conv_relu_pool_fits() is false.
std::optional<ConvReluPoolExtents> conv_relu_pool_extents(const ConvReluPoolShape& shape);
/// Divides the work among about `wanted` blocks.
ConvReluPoolGrid conv_relu_pool_grid(const ConvReluPoolExtents& extents, std::int64_t wanted);

/// Copies a sample with its border of zeros to shared memory. All threads of the block take part, and none
/// may still be reading the previous sample.
template <typename T>
__device__ void load_padded(const ConvReluPoolExtents& extents, const T* images, std::int32_t sample,
                            float* padded) {
  const std::int32_t rows = extents.height + 2 * extents.padding;
  const T* pixels = images + static_cast<std::int64_t>(sample) * extents.height * extents.width;
  for (auto i = static_cast<std::int32_t>(threadIdx.x); i < rows * extents.pitch; i += kConvReluPoolBlock) {
    const std::int32_t y = i / extents.pitch - extents.padding;
    const std::int32_t x = i % extents.pitch - extents.padding;
    const bool inside = y >= 0 && y < extents.height && x >= 0 && x < extents.width;
    padded[i] = inside ? to_float(pixels[y * extents.width + x]) : 0.0f;
  }
}

}  // namespace lenet::kernels
