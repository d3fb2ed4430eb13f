#pragma once

#include <cstdint>

#include "engine/cpu/simd/conv_positions.hpp"
#include "engine/cpu/simd/kernels.hpp"
#include "engine/cpu/simd/vector.hpp"

/// Convolution, bias, pooling and ReLU of one image. Positions in a row and filters of a block stay in
/// registers: each weight that is loaded serves all positions, each pixel all filters of the block.
namespace lenet::cpu::LENET_SIMD {

inline constexpr int kFilterVectors = 2;
inline constexpr std::int64_t kFilterBlock = kFilterVectors * kLanes;
/// Most positions in registers, so that kFilterVectors sums for each, the weights and a pixel fit.
inline constexpr int kMaxPositions = LENET_SIMD_LANES == 16 ? 14 : LENET_SIMD_LANES == 8 ? 6 : 5;

/// A strip of one row of the result.
struct Strip {
  const float* image;    ///< first pixel under the filter's first row that is not padding
  const float* weights;  ///< the block's, of that row
  const float* bias;
  float* result;      ///< kFilterVectors (or fewer) vectors per position
  std::int64_t rows;  ///< of the filter
  std::int64_t image_row, image_pixel, kernel;
  std::int64_t zeros_left, zeros_right;  ///< columns of padding that the strip's first and last pixel see
};

/// Adds the products of one column of the filter, except for the first L and the last R positions, which see
/// padding.
template <int P, int F, int L, int R>
LENET_SIMD_INLINE void add_tap(Vector (&sums)[P][F], const float* pixel, std::int64_t channels,
                               const float* weights) {
  constexpr int kFirst = L < P ? L : P;
  constexpr int kEnd = P - R > kFirst ? P - R : kFirst;
  for (std::int64_t channel = 0; channel < channels; ++channel, weights += F * kLanes) {
    Vector weight[F];
#pragma GCC unroll 2
    for (int f = 0; f < F; ++f) weight[f] = load(weights + f * kLanes);
#pragma GCC unroll 16
    for (int p = kFirst; p < kEnd; ++p) {
      const float value = pixel[p * channels + channel];
#pragma GCC unroll 2
      for (int f = 0; f < F; ++f) sums[p][f] += value * weight[f];
    }
  }
}

/// Adds the products of one row of the filter, column by column, without those with padding.
template <int P, int F>
LENET_SIMD_INLINE void add_row_by_columns(Vector (&sums)[P][F], const Strip& strip, const float* pixels,
                                          const float* weights) {
  const std::int64_t channels = strip.image_pixel;
  for (std::int64_t column = 0; column < strip.kernel; ++column) {
    const std::int64_t left = strip.zeros_left - column;
    const std::int64_t right = strip.zeros_right - (strip.kernel - 1 - column);
    if (left > 1)
      add_tap<P, F, 2, 0>(sums, pixels, channels, weights);
    else if (left > 0)
      add_tap<P, F, 1, 0>(sums, pixels, channels, weights);
    else if (right > 1)
      add_tap<P, F, 0, 2>(sums, pixels, channels, weights);
    else if (right > 0)
      add_tap<P, F, 0, 1>(sums, pixels, channels, weights);
    else
      add_tap<P, F, 0, 0>(sums, pixels, channels, weights);
    pixels += channels;
    weights += channels * F * kLanes;
  }
}

/// Adds the products of one row of the filter in a single loop, for images of few channels.
template <int P, int F>
LENET_SIMD_INLINE void add_row(Vector (&sums)[P][F], const Strip& strip, const float* pixels,
                               const float* weights) {
  const std::int64_t channels = strip.image_pixel;
  for (std::int64_t tap = 0; tap < strip.kernel * channels; ++tap, ++pixels, weights += F * kLanes) {
    Vector weight[F];
#pragma GCC unroll 2
    for (int f = 0; f < F; ++f) weight[f] = load(weights + f * kLanes);
#pragma GCC unroll 16
    for (int p = 0; p < P; ++p) {
      const float value = pixels[p * channels];
#pragma GCC unroll 2
      for (int f = 0; f < F; ++f) sums[p][f] += value * weight[f];
    }
  }
}

template <int P, int F, bool kByColumns>
void compute_strip(const Strip& strip) {
  Vector sums[P][F];
#pragma GCC unroll 16
  for (int p = 0; p < P; ++p) {
#pragma GCC unroll 2
    for (int f = 0; f < F; ++f) sums[p][f] = load(strip.bias + f * kLanes);
  }
  const std::int64_t weights_row = strip.kernel * strip.image_pixel * F * kLanes;
  for (std::int64_t row = 0; row < strip.rows; ++row) {
    const float* const pixels = strip.image + row * strip.image_row;
    const float* const weights = strip.weights + row * weights_row;
    if constexpr (kByColumns)
      add_row_by_columns(sums, strip, pixels, weights);
    else
      add_row(sums, strip, pixels, weights);
  }
#pragma GCC unroll 16
  for (int p = 0; p < P; ++p) {
#pragma GCC unroll 2
    for (int f = 0; f < F; ++f) store(strip.result + (p * F + f) * kLanes, sums[p][f]);
  }
}

using StripFunction = void (*)(const Strip&);

template <int F, bool kByColumns>
StripFunction strip_function(std::int64_t positions) {
  static constexpr StripFunction kFunctions[] = {
    compute_strip<1, F, kByColumns>,
    compute_strip<2, F, kByColumns>,
    compute_strip<3, F, kByColumns>,
    compute_strip<4, F, kByColumns>,
    compute_strip<5, F, kByColumns>,
#if LENET_SIMD_LANES >= 8
    compute_strip<6, F, kByColumns>,
#endif
#if LENET_SIMD_LANES >= 16
    compute_strip<7, F, kByColumns>,
    compute_strip<8, F, kByColumns>,
    compute_strip<9, F, kByColumns>,
    compute_strip<10, F, kByColumns>,
    compute_strip<11, F, kByColumns>,
    compute_strip<12, F, kByColumns>,
    compute_strip<13, F, kByColumns>,
    compute_strip<14, F, kByColumns>,
#endif
  };
  static_assert(sizeof(kFunctions) / sizeof(kFunctions[0]) == kMaxPositions);
  return kFunctions[positions - 1];
}

/// Pools a band of `window` rows of the convolution's result, F vectors of filters wide.
template <int F>
LENET_SIMD_INLINE void pool_band(const ConvGeometry& g, const float* band, float* pooled,
                                 std::uint16_t* argmax) {
  constexpr std::int64_t kPosition = F * kLanes;
  for (std::int64_t x = 0; x < g.pooled_width(); ++x)
    for (int f = 0; f < F; ++f) {
      const float* const corner = band + x * g.window * kPosition + f * kLanes;
      Vector largest = load(corner);
      IntVector where{};
      std::int32_t element = 0;
      for (std::int64_t dy = 0; dy < g.window; ++dy)
        for (std::int64_t dx = 0; dx < g.window; ++dx, ++element) {
          const Vector value = load(corner + (dy * g.width + dx) * kPosition);
          // As kernels::exceeds_max(): a NaN always replaces the maximum.
          const IntVector exceeds = (value > largest) | (value != value);
          largest = exceeds ? value : largest;
          where = exceeds ? element - IntVector{} : where;
        }
      const std::int64_t at = x * g.filters + f * kLanes;
      store(pooled + at, g.relu ? relu(largest) : largest);
      if (argmax) store_shorts(argmax + at, where);
    }
}

/// Computes one block of F vectors of filters.
template <int F>
void forward_block(const ConvForward& a, const float* weights, std::int64_t first_filter) {
  const ConvGeometry& g = *a.geometry;
  const std::int64_t strips = (g.width + kMaxPositions - 1) / kMaxPositions;
  const bool by_columns = g.padding > 0 && g.image_pixel >= kChannelBlock;
  Strip strip{.bias = a.bias + first_filter,
              .image_row = g.image_row,
              .image_pixel = g.image_pixel,
              .kernel = g.kernel};
  for (std::int64_t y = 0; y < g.height; ++y) {
    // Leaves out the filter's rows that see padding.
    const std::int64_t above = g.padding > y ? g.padding - y : 0;
    const std::int64_t below = y + g.kernel - g.padding - g.image_height;
    strip.rows = g.kernel - above - (below > 0 ? below : 0);
    strip.weights = weights + above * g.kernel * g.image_pixel * F * kLanes;
    for (std::int64_t s = 0; s < strips; ++s) {
      const std::int64_t x = g.width * s / strips, end = g.width * (s + 1) / strips;
      strip.image = a.image + (y + above) * g.image_row + x * g.image_pixel;
      strip.result = a.band + (y % g.window * g.width + x) * F * kLanes;
      strip.zeros_left = g.padding - x;
      strip.zeros_right = end - 1 + g.kernel - g.padding - g.image_width;
      (by_columns ? strip_function<F, true>(end - x) : strip_function<F, false>(end - x))(strip);
    }
    if (y % g.window + 1 < g.window) continue;
    const std::int64_t pooled_y = y / g.window;
    pool_band<F>(g, a.band, a.pooled + pooled_y * g.pooled_row + first_filter,
                 a.argmax ? a.argmax + pooled_y * g.pooled_width() * g.filters + first_filter : nullptr);
  }
}

inline void conv_forward(const ConvForward& a) {
  const ConvGeometry& g = *a.geometry;
  const std::int64_t weights_per_filter = g.kernel * g.kernel * g.image_pixel;
  std::int64_t filter = 0;
  for (; filter + kFilterBlock <= g.filters; filter += kFilterBlock)
    forward_block<kFilterVectors>(a, a.weights + filter * weights_per_filter, filter);
  for (; filter < g.filters; filter += kLanes)
    forward_block<1>(a, a.weights + filter * weights_per_filter, filter);
}

}  // namespace lenet::cpu::LENET_SIMD
