#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/random.hpp"
#include "engine/cpu/buffer.hpp"
#include "engine/cpu/layout.hpp"
#include "engine/cpu/simd/kernels.hpp"
#include "tests/cpu/kernel_support.hpp"

namespace lenet::cpu {

/// A convolution of random images, with what its kernels need.
struct ConvCase {
  std::int64_t channels, image_height, image_width, filters, kernel, padding, window;
  bool first_layer = false;  ///< pixels are as many floats as channels
};

struct Conv {
  ConvGeometry geometry;
  Layout image_layout;
  std::vector<std::int32_t> shifts;
  Buffer<float> images, weights, bias;

  Conv(const ConvCase& c, std::int64_t samples, RandomSequence& random) {
    image_layout = {.channels = c.channels,
                    .height = c.image_height,
                    .width = c.image_width,
                    .pixel = c.first_layer ? c.channels : round_up(c.channels, kChannelBlock),
                    .margin = c.padding};
    for (std::int64_t y = 0; y < c.window; ++y)
      for (std::int64_t x = 0; x < c.window; ++x)
        shifts.push_back(static_cast<std::int32_t>(y * image_layout.row() + x * image_layout.pixel));
    const std::int64_t height = c.image_height + 2 * c.padding - c.kernel + 1;
    const std::int64_t width = c.image_width + 2 * c.padding - c.kernel + 1;
    geometry = {.kernel = c.kernel,
                .padding = c.padding,
                .image_height = c.image_height,
                .image_width = c.image_width,
                .image_row = image_layout.row(),
                .image_pixel = image_layout.pixel,
                .height = height / c.window * c.window,
                .width = width / c.window * c.window,
                .filters = round_up(c.filters, kChannelBlock),
                .window = c.window,
                .kernel_row = round_up(c.kernel * image_layout.pixel, kChannelBlock),
                .shift = shifts.data(),
                .relu = true};
    geometry.pooled_row = geometry.pooled_width() * geometry.filters;
    images = Buffer<float>(samples * image_layout.sample());
    for (std::int64_t n = 0; n < samples; ++n)
      for_each_feature(image_layout, [&](std::int64_t, std::int64_t offset) {
        fill(images.data() + n * image_layout.sample() + offset, 1, random);
      });
    weights = Buffer<float>(geometry.filters * geometry.filter());
    bias = Buffer<float>(geometry.filters);
    fill(bias.data(), c.filters, random);
    for (std::int64_t filter = 0; filter < c.filters; ++filter)
      for_each_tap([&](std::int64_t tap, std::int64_t) {
        fill(weights.data() + filter * geometry.filter() + tap, 1, random);
      });
  }

  /// Calls body(offset in a filter, offset in the image) for each number that a filter reads.
  template <class Body>
  void for_each_tap(const Body& body) const {
    for (std::int64_t y = 0; y < geometry.kernel; ++y)
      for (std::int64_t x = 0; x < geometry.kernel; ++x)
        for (std::int64_t c = 0; c < image_layout.channels; ++c)
          body(y * geometry.kernel_row + x * geometry.image_pixel + c,
               y * geometry.image_row + x * geometry.image_pixel + c);
  }

  double result(std::int64_t sample, std::int64_t filter, std::int64_t offset) const {
    double sum = double{bias.data()[filter]};
    for_each_tap([&](std::int64_t tap, std::int64_t pixel) {
      sum += double{weights.data()[filter * geometry.filter() + tap]} *
             double{images.data()[sample * image_layout.sample() + offset + pixel]};
    });
    return sum;
  }

  std::int64_t terms() const { return geometry.kernel * geometry.kernel * image_layout.channels + 1; }
  std::int64_t pooled() const { return geometry.positions() * geometry.filters; }
  std::int64_t window_offset(std::int64_t position) const {
    return position / geometry.pooled_width() * geometry.window * geometry.image_row +
           position % geometry.pooled_width() * geometry.window * geometry.image_pixel;
  }
};

inline const ConvCase kConvCases[] = {
    {1, 28, 28, 32, 5, 2, 2, true},  // the CNN's first
    {32, 14, 14, 64, 5, 2, 2},       // and second
    {1, 9, 8, 5, 3, 1, 2, true},    {1, 7, 9, 17, 4, 0, 3, true}, {3, 8, 7, 33, 3, 1, 1, true},
    {2, 6, 6, 7, 1, 0, 2, true},    {5, 11, 10, 20, 3, 0, 2},     {33, 5, 6, 65, 3, 1, 1},
    {17, 3, 2, 3, 7, 3, 1},         {16, 1, 29, 48, 1, 0, 1},     {40, 8, 8, 6, 5, 2, 4},
};

inline std::string text_of(const ConvCase& c) {
  return std::to_string(c.channels) + "×" + std::to_string(c.image_height) + "×" +
         std::to_string(c.image_width) + ", " + std::to_string(c.filters) + " filters of " +
         std::to_string(c.kernel) + ", window " + std::to_string(c.window);
}

}  // namespace lenet::cpu
