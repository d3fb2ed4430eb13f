#pragma once

#include <cstdint>

#include "engine/cpu/simd/conv_positions.hpp"
#include "engine/cpu/simd/kernels.hpp"
#include "engine/cpu/simd/vector.hpp"

namespace lenet::cpu::LENET_SIMD {

/// Pools the windows of all positions. `kWindow`: the geometry's window, where the compiler may unroll its
/// loops; or 0.
template <int kWindow>
void pool_windows(const ConvPool& a) {
  const ConvGeometry& g = *a.geometry;
  const ConvResult& from = a.layout;
  const std::int64_t window = kWindow ? kWindow : g.window;
  for_each_position(g, [&](std::int64_t y, std::int64_t x, std::int64_t position) {
    const float* const corner = a.values + window * (y * from.row + x * from.pixel);
    float* const pooled = a.pooled + y * g.pooled_row + x * g.filters;
    for (std::int64_t filter = 0; filter < g.filters; filter += kLanes) {
      const float* const first = corner + filter / from.block * from.block_step + filter % from.block;
      Vector largest = load(first);
      IntVector where{};
      std::int32_t element = 0;
      for (std::int64_t dy = 0; dy < window; ++dy)
        for (std::int64_t dx = 0; dx < window; ++dx, ++element) {
          const Vector value = load(first + dy * from.row + dx * from.pixel);
          // As kernels::exceeds_max(): a NaN always replaces the maximum.
          const IntVector exceeds = (value > largest) | (value != value);
          largest = exceeds ? value : largest;
          where = exceeds ? element - IntVector{} : where;
        }
      store(pooled + filter, g.relu ? relu(largest) : largest);
      if (a.argmax) store_shorts(a.argmax + position * g.filters + filter, where);
    }
  });
}

inline void conv_pool(const ConvPool& a) {
  a.geometry->window == 2 ? pool_windows<2>(a) : pool_windows<0>(a);
}

}  // namespace lenet::cpu::LENET_SIMD
