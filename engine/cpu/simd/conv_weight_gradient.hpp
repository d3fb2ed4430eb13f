#pragma once

#include <cstdint>

#include "engine/cpu/simd/conv_positions.hpp"
#include "engine/cpu/simd/kernels.hpp"
#include "engine/cpu/simd/sparse_rows.hpp"
#include "engine/cpu/simd/tile.hpp"

/// The gradient of a convolution with respect to its filters, behind max-pooling and ReLU.
namespace lenet::cpu::LENET_SIMD {

/// One image of a ConvWeightGradient.
struct ImageGradient {
  const ConvGeometry& geometry;
  const float* image;
  const float* pooled_gradient;
  const std::uint16_t* argmax;
};

LENET_SIMD_INLINE ImageGradient image_of(const ConvWeightGradient& a, std::int64_t sample) {
  const ConvGeometry& g = *a.gradient.geometry;
  return {g, a.image + sample * a.image_sample, a.gradient.pooled_gradient + sample * a.pooled_sample,
          a.gradient.argmax + sample * g.positions() * g.filters};
}

/// Adds the gradients at all positions, for a vector of filters at a time.
LENET_SIMD_INLINE void add_to_bias(const ConvWeightGradient& a, const ImageGradient& i) {
  const ConvGeometry& g = i.geometry;
  for (std::int64_t filter = a.first; filter < a.last; filter += kLanes) {
    Vector sum = load(a.bias_sums + filter - a.first);
    for_each_position(g, [&](std::int64_t y, std::int64_t x, std::int64_t) {
      sum += load(i.pooled_gradient + y * g.pooled_row + x * g.filters + filter);
    });
    store(a.bias_sums + filter - a.first, sum);
  }
}

/// Writes one list per filter: the positions that have a gradient, each with the offset of what the argmax of
/// its window sees.
inline void list_positions(const ConvWeightGradient& a, const ImageGradient& i) {
  const ConvGeometry& g = i.geometry;
  for (std::int64_t filter = a.first; filter < a.last; ++filter) a.scratch.counts[filter - a.first] = 0;
  for_each_position(g, [&](std::int64_t y, std::int64_t x, std::int64_t position) {
    const float* const values = i.pooled_gradient + y * g.pooled_row + x * g.filters;
    const std::uint16_t* const argmax = i.argmax + position * g.filters;
    const auto offset = static_cast<std::int32_t>(window_offset(g, y, x));
    for (std::int64_t filter = a.first; filter < a.last; filter += kLanes) {
      LaneMask mask = nonzero_lanes(load(values + filter));
      if (a.last - filter < kLanes) mask &= (LaneMask{1} << (a.last - filter)) - 1;
      for (; mask; mask &= mask - 1) {
        const std::int64_t live = filter + __builtin_ctz(mask);
        const SparseRows list = a.scratch.from(live - a.first);
        const std::int32_t at = (*list.counts)++;
        list.offsets[at] = offset + g.shift[argmax[live]];
        list.values[at] = values[live];
      }
    }
  });
}

/// Adds the products of the filters' listed gradients and what they see of the image. Takes the same rows of
/// all filters one after the other, so that their sums stay in the first-level cache.
LENET_SIMD_INLINE void add_image(const ConvWeightGradient& a, const ImageGradient& i) {
  const ConvGeometry& g = i.geometry;
  for_each_tile((g.kernel * g.image_pixel + kLanes - 1) / kLanes, [&](auto size, std::int64_t vector) {
    constexpr int kSize = decltype(size)::value;
    const std::int64_t first = vector * kLanes;
    for_each_rows<kRowsAtOnce<kSize>>(g.kernel, [&](auto rows, std::int64_t row) {
      const float* const image = i.image + row * g.image_row + first;
      float* const sums = a.sums + row * g.kernel_row + first;
      for (std::int64_t filter = 0; filter < a.last - a.first; ++filter) {
        const SparseRows list = a.scratch.from(filter);
        add_products_to_rows<decltype(rows)::value, kSize>(sums + filter * g.filter(), g.kernel_row, list,
                                                           *list.counts, image, g.image_row);
      }
    });
  });
}

/// Adds an image of one channel to rows `row` … `row + R` of K columns of a vector of filters. A lane is a
/// filter; its gradient is multiplied by each pixel that the filter sees. `sums`: K · K vectors.
template <int R, int K>
LENET_SIMD_INLINE void add_rows_of_channel(const ImageGradient& i, std::int64_t filter, std::int64_t row,
                                           Vector* sums) {
  const ConvGeometry& g = i.geometry;
  Vector tile[R][K];
#pragma GCC unroll 5
  for (int r = 0; r < R; ++r) load_tile(tile[r], reinterpret_cast<const float*>(sums + (row + r) * K));
  for_each_position(g, [&](std::int64_t y, std::int64_t x, std::int64_t position) {
    const Vector gradient = load(i.pooled_gradient + y * g.pooled_row + x * g.filters + filter);
    const IntVector argmax = widen_shorts(i.argmax + position * g.filters + filter);
    const float* const window = i.image + window_offset(g, y, x) + row * g.image_row;
    for (std::int32_t element = 0; element < g.window * g.window; ++element) {
      const Vector value = argmax == element ? gradient : Vector{};
      const float* pixels = window + g.shift[element];
#pragma GCC unroll 5
      for (int r = 0; r < R; ++r, pixels += g.image_row) {
#pragma GCC unroll 5
        for (int k = 0; k < K; ++k) tile[r][k] += value * pixels[k];
      }
    }
  });
#pragma GCC unroll 5
  for (int r = 0; r < R; ++r) store_tile(reinterpret_cast<float*>(sums + (row + r) * K), tile[r]);
}

/// Sums over all images of one channel.
template <int K>
void one_channel(const ConvWeightGradient& a) {
  constexpr int kRows = kLanes == 16 || K < 4 ? K : 2;
  const ConvGeometry& g = *a.gradient.geometry;
  for (std::int64_t filter = a.first; filter < a.last; filter += kLanes) {
    Vector sums[K * K] = {};
    for (std::int64_t sample = 0; sample < a.samples; ++sample) {
      const ImageGradient image = image_of(a, sample);
      std::int64_t row = 0;
      for (; row + kRows <= K; row += kRows) add_rows_of_channel<kRows, K>(image, filter, row, sums);
      for (; row < K; ++row) add_rows_of_channel<1, K>(image, filter, row, sums);
    }
    for (std::int64_t lane = 0; lane < kLanes && filter + lane < a.last; ++lane)
      for (std::int64_t row = 0; row < K; ++row)
        for (std::int64_t k = 0; k < K; ++k)
          a.sums[(filter + lane - a.first) * g.filter() + row * g.kernel_row + k] = sums[row * K + k][lane];
  }
}

inline void many_channels(const ConvWeightGradient& a) {
  for (std::int64_t sample = 0; sample < a.samples; ++sample) {
    const ImageGradient image = image_of(a, sample);
    list_positions(a, image);
    add_image(a, image);
  }
}

inline void conv_weight_gradient(const ConvWeightGradient& a) {
  const ConvGeometry& g = *a.gradient.geometry;
  for (std::int64_t i = 0; i < kChannelBlock; ++i) a.bias_sums[i] = 0;
  for (std::int64_t i = 0; i < (a.last - a.first) * g.filter(); ++i) a.sums[i] = 0;
  for (std::int64_t sample = 0; sample < a.samples; ++sample) add_to_bias(a, image_of(a, sample));
  if (g.image_pixel == 1 && g.kernel == 5) return one_channel<5>(a);
  if (g.image_pixel == 1 && g.kernel == 3) return one_channel<3>(a);
  many_channels(a);
  // A row of the filter may end within a vector: what is behind it saw other pixels.
  for (std::int64_t row = 0; row < (a.last - a.first) * g.kernel; ++row)
    for (std::int64_t i = g.kernel * g.image_pixel; i < g.kernel_row; ++i) a.sums[row * g.kernel_row + i] = 0;
}

}  // namespace lenet::cpu::LENET_SIMD
