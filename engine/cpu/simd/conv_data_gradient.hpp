#pragma once

#include <cstdint>

#include "engine/cpu/simd/conv_positions.hpp"
#include "engine/cpu/simd/kernels.hpp"
#include "engine/cpu/simd/sparse_rows.hpp"
#include "engine/cpu/simd/tile.hpp"

/// The gradient of a convolution with respect to its input, behind max-pooling and ReLU. Only the argmax of
/// each window has a gradient, and only where ReLU let it pass: with window 2, at most one element in four.
namespace lenet::cpu::LENET_SIMD {

/// Writes one list per position and element of its window: the filters whose gradient passes to that element,
/// each with the offset of its weights. The lists follow each other without gaps.
inline void sort_by_element(const ConvGradient& gradient, SparseRows lists) {
  const ConvGeometry& g = *gradient.geometry;
  const std::int64_t elements = g.window * g.window;
  const auto filter_step = static_cast<std::int32_t>(g.filter());
  for_each_position(g, [&](std::int64_t y, std::int64_t x, std::int64_t position) {
    const float* const values = gradient.pooled_gradient + y * g.pooled_row + x * g.filters;
    const std::uint16_t* const argmax = gradient.argmax + position * g.filters;
    for (std::int64_t element = 0; element < elements; ++element) {
      std::int64_t count = 0;
      IntVector offset = lane_offsets(filter_step);
      for (std::int64_t filter = 0; filter < g.filters; filter += kLanes) {
        const Vector value = load(values + filter);
        const LaneMask mask = nonzero_lanes(value) &
                              equal_lanes(widen_shorts(argmax + filter), static_cast<std::int32_t>(element));
        compress(lists.offsets + count, lists.values + count, offset, value, mask);
        count += __builtin_popcount(mask);
        offset += static_cast<std::int32_t>(kLanes) * filter_step;
      }
      *lists.counts++ = static_cast<std::int32_t>(count);
      lists.offsets += count;
      lists.values += count;
    }
  });
}

inline void conv_data_gradient(const ConvDataGradient& a) {
  const ConvGeometry& g = *a.gradient.geometry;
  sort_by_element(a.gradient, a.scratch);
  const std::int64_t image = (g.image_height + 2 * g.padding) * g.image_row;
  for (std::int64_t i = 0; i < image; i += kLanes) store(a.image_gradient + i, Vector{});
  // One row of the filters after the other: the weights of a row fit into the first-level cache.
  for_each_tile(g.kernel_row / kLanes, [&](auto size, std::int64_t vector) {
    const std::int64_t first = vector * kLanes;
    for (std::int64_t row = 0; row < g.kernel; ++row) {
      SparseRows lists = a.scratch;
      const float* const weights = a.weights + row * g.kernel_row + first;
      for_each_position(g, [&](std::int64_t y, std::int64_t x, std::int64_t) {
        float* const window = a.image_gradient + window_offset(g, y, x) + row * g.image_row + first;
        for (std::int64_t element = 0; element < g.window * g.window; ++element) {
          const std::int64_t count = *lists.counts++;
          add_products_to_rows<1, decltype(size)::value>(window + g.shift[element], 0, lists, count, weights,
                                                         0);
          lists.offsets += count;
          lists.values += count;
        }
      });
    }
  });
}

}  // namespace lenet::cpu::LENET_SIMD
