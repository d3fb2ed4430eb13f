#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace lenet::pictures {

/// Grey picture in floats, row by row.
struct GreyImage {
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::vector<float> values;

  std::size_t index(std::int64_t x, std::int64_t y) const { return static_cast<std::size_t>(y * width + x); }
  float at(std::int64_t x, std::int64_t y) const { return values[index(x, y)]; }
};

/// Part of a picture in pixels; edges may be between pixel borders.
struct Area {
  double left = 0;
  double top = 0;
  double right = 0;
  double bottom = 0;

  double width() const { return right - left; }
  double height() const { return bottom - top; }
};

/// Scales `area` of a picture to width×height pixels. Each result is the mean of the source pixels that it
/// covers, weighted by the covered share: a smaller picture skips no source pixel, and a larger one adds no
/// new values.
GreyImage scaled(std::span<const std::uint8_t> pixels, std::int64_t columns, const Area& area,
                 std::int64_t width, std::int64_t height);
GreyImage scaled(const GreyImage& image, const Area& area, std::int64_t width, std::int64_t height);

/// Returns a picture scaled so that its longer side has at most `longest` pixels.
GreyImage reduced(const GreyImage& image, double longest);

}  // namespace lenet::pictures
