#pragma once

#include <cstdint>

#include "engine/cpu/simd/kernels.hpp"
#include "engine/cpu/simd/vector.hpp"

/// The pooled positions of a convolution, and what their gradients belong to.
namespace lenet::cpu::LENET_SIMD {

/// Calls body(row, column, position) for each pooled position, in row order.
template <class Body>
LENET_SIMD_INLINE void for_each_position(const ConvGeometry& g, const Body& body) {
  std::int64_t position = 0;
  for (std::int64_t y = 0; y < g.pooled_height(); ++y)
    for (std::int64_t x = 0; x < g.pooled_width(); ++x, ++position) body(y, x, position);
}

/// Returns the offset in the image of the first pixel that the first element of a window sees.
LENET_SIMD_INLINE std::int64_t window_offset(const ConvGeometry& g, std::int64_t y, std::int64_t x) {
  return g.window * (y * g.image_row + x * g.image_pixel);
}

}  // namespace lenet::cpu::LENET_SIMD
