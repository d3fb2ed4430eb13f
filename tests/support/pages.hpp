#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "data/pictures/picture.hpp"
#include "engine/core/random.hpp"

namespace lenet {

/// A sheet with one digit on it, as a user would photograph or draw it.
struct Page {
  std::int64_t width = 700;
  std::int64_t height = 500;
  std::int64_t left = 120;  ///< of the digit's 28×28 pixels
  std::int64_t top = 90;
  std::int64_t scale = 10;  ///< each of them is a square of this side
  double paper = 255;
  double ink = 0;
  double noise = 0;  ///< standard deviation of grain, in grey levels
  double shade = 0;  ///< share of the light that is lost from one corner to the opposite one
};

/// How much ink there is at a pixel of the page, from 0 to 1.
inline double ink_at(const Page& page, std::span<const std::uint8_t> digit, std::int64_t x, std::int64_t y) {
  if (x < page.left || y < page.top) return 0;
  const std::int64_t column = (x - page.left) / page.scale;
  const std::int64_t row = (y - page.top) / page.scale;
  return column < 28 && row < 28 ? digit[static_cast<std::size_t>(row * 28 + column)] / 255.0 : 0;
}

inline pictures::Picture draw_page(const Page& page, std::span<const std::uint8_t> digit) {
  pictures::Picture picture{.width = page.width, .height = page.height, .grey = {}};
  RandomSequence random(7, RandomStream::synthetic_digits, 0);
  for (std::int64_t y = 0; y < page.height; ++y)
    for (std::int64_t x = 0; x < page.width; ++x) {
      const double across = static_cast<double>(x + y) / static_cast<double>(page.width + page.height);
      const double grey =
          (page.paper + (page.ink - page.paper) * ink_at(page, digit, x, y)) * (1 - page.shade * across) +
          (page.noise > 0 ? page.noise * random.normal() : 0);
      picture.grey.push_back(static_cast<std::uint8_t>(std::clamp(std::round(grey), 0.0, 255.0)));
    }
  return picture;
}

/// Mean difference of two images' pixels, in grey levels.
inline double distance(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(int{a[i]} - int{b[i]});
  return sum / static_cast<double>(a.size());
}

}  // namespace lenet
