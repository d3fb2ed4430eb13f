#include "data/pictures/grey_image.hpp"

#include <algorithm>
#include <cmath>

namespace lenet::pictures {
namespace {

/// Source pixels that one target pixel covers along an axis, with their weights, which add up to 1.
struct Cover {
  std::int64_t first = 0;
  std::vector<float> shares;
};

std::vector<Cover> covers(double begin, double end, std::int64_t source, std::int64_t target) {
  std::vector<Cover> all(static_cast<std::size_t>(target));
  const double step = (end - begin) / static_cast<double>(target);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double from = begin + step * static_cast<double>(i);
    const double to = from + step;
    const auto last = std::min(static_cast<std::int64_t>(std::ceil(to)), source);
    all[i].first = std::clamp<std::int64_t>(static_cast<std::int64_t>(std::floor(from)), 0, source - 1);
    for (std::int64_t pixel = all[i].first; pixel < last; ++pixel) {
      const double covered =
          std::min(to, static_cast<double>(pixel + 1)) - std::max(from, static_cast<double>(pixel));
      all[i].shares.push_back(static_cast<float>(std::max(covered, 0.0) / step));
    }
  }
  return all;
}

/// Reads only the pixels that `area` touches.
template <class Pixel>
GreyImage scale(std::span<const Pixel> pixels, std::int64_t columns, const Area& area, std::int64_t width,
                std::int64_t height) {
  const std::int64_t rows = std::ssize(pixels) / columns;
  const auto horizontal = covers(area.left, area.right, columns, width);
  const auto vertical = covers(area.top, area.bottom, rows, height);
  GreyImage result{width, height, std::vector<float>(static_cast<std::size_t>(width * height))};
  for (std::int64_t y = 0; y < height; ++y) {
    const Cover& rows_of_y = vertical[static_cast<std::size_t>(y)];
    for (std::size_t r = 0; r < rows_of_y.shares.size(); ++r) {
      const Pixel* const row =
          &pixels[static_cast<std::size_t>((rows_of_y.first + static_cast<std::int64_t>(r)) * columns)];
      for (std::int64_t x = 0; x < width; ++x) {
        const Cover& cover = horizontal[static_cast<std::size_t>(x)];
        float sum = 0;
        for (std::size_t c = 0; c < cover.shares.size(); ++c)
          sum += cover.shares[c] * static_cast<float>(row[cover.first + static_cast<std::int64_t>(c)]);
        result.values[result.index(x, y)] += rows_of_y.shares[r] * sum;
      }
    }
  }
  return result;
}

}  // namespace

GreyImage scaled(std::span<const std::uint8_t> pixels, std::int64_t columns, const Area& area,
                 std::int64_t width, std::int64_t height) {
  return scale(pixels, columns, area, width, height);
}

GreyImage scaled(const GreyImage& image, const Area& area, std::int64_t width, std::int64_t height) {
  return scale(std::span<const float>(image.values), image.width, area, width, height);
}

GreyImage reduced(const GreyImage& image, double longest) {
  const double scale = std::min(1.0, longest / static_cast<double>(std::max(image.width, image.height)));
  const auto side = [&](std::int64_t length) {
    return std::max<std::int64_t>(1, std::llround(static_cast<double>(length) * scale));
  };
  return scaled(image, {0, 0, static_cast<double>(image.width), static_cast<double>(image.height)},
                side(image.width), side(image.height));
}

}  // namespace lenet::pictures
