#pragma once

#include <cstdint>

#include "engine/core/rounding.hpp"
#include "engine/core/shape.hpp"
#include "engine/cpu/simd/kernels.hpp"

namespace lenet::cpu {

inline constexpr std::int64_t kFloatsPerCacheLine = 16;

/// Returns the number of floats from one row of a matrix to the next: an odd number of cache lines, because
/// the cache would put rows that are a power of two apart into the same few places.
constexpr std::int64_t row_length(std::int64_t floats) {
  return ceil_divide(floats, kFloatsPerCacheLine) / 2 * 2 * kFloatsPerCacheLine + kFloatsPerCacheLine;
}

/// Memory layout of the samples between two layers: pixels row by row, with their channels innermost. A
/// vector is an image of one pixel; flattening changes nothing but the order in which features are counted.
struct Layout {
  std::int64_t channels = 0, height = 1, width = 1;
  std::int64_t pixel = 0;   ///< floats from one pixel to the next
  std::int64_t margin = 0;  ///< pixels of zeros on each side, for the convolution that reads the image

  /// Returns the layout of a result of this shape.
  static Layout of_result(const Shape& shape, std::int64_t margin) {
    const bool image = shape.rank() == 3;
    return {.channels = shape[0],
            .height = image ? shape[1] : 1,
            .width = image ? shape[2] : 1,
            .pixel = round_up(shape[0], kChannelBlock),
            .margin = margin};
  }

  std::int64_t row() const { return (width + 2 * margin) * pixel; }
  /// Returns the floats of a sample, padding included, as far as vectors read them.
  std::int64_t floats() const { return round_up((height + 2 * margin) * row(), kFloatsPerCacheLine); }
  /// Returns the floats from one sample to the next.
  std::int64_t sample() const { return row_length(floats()); }
  /// Returns the offset of the first pixel.
  std::int64_t origin() const { return at(0, 0); }
  std::int64_t at(std::int64_t y, std::int64_t x) const {
    return (y + margin) * row() + (x + margin) * pixel;
  }
  std::int64_t features() const { return channels * height * width; }
};

/// Calls body(feature, offset) for each feature of a sample, in the order C, H, W.
template <class Body>
void for_each_feature(const Layout& layout, const Body& body) {
  std::int64_t feature = 0;
  for (std::int64_t c = 0; c < layout.channels; ++c)
    for (std::int64_t y = 0; y < layout.height; ++y)
      for (std::int64_t x = 0; x < layout.width; ++x) body(feature++, layout.at(y, x) + c);
}

/// The values between two layers and, in training, the gradient of the loss with respect to them.
struct Activation {
  Layout layout;
  float* values = nullptr;
  float* gradients = nullptr;  ///< null in inference, and if no layer before it has parameters

  bool wants_gradient() const { return gradients != nullptr; }
  float* values_of(std::int64_t sample) const { return values + sample * layout.sample(); }
  float* gradients_of(std::int64_t sample) const { return gradients + sample * layout.sample(); }
};

}  // namespace lenet::cpu
