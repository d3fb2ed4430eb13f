#include "engine/figures/filter_grid.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "engine/core/rounding.hpp"
#include "engine/figures/palette.hpp"

namespace lenet::figures {
namespace {

constexpr std::size_t kMaxFilters = 64;
constexpr std::size_t kFilterGap = 2;
constexpr std::size_t kSmallestSide = 28;  // least width of a filter in the picture, in pixels

std::uint32_t pixel_of(Color color) {
  const auto byte = [](double part) { return static_cast<std::uint32_t>(std::lround(255 * part)); };
  return byte(color.red) << 16 | byte(color.green) << 8 | byte(color.blue);
}

std::uint32_t color_of(float weight, float largest) {
  if (!(largest > 0)) return pixel_of(palette::kPaper);
  const auto strength = static_cast<double>(std::min(std::abs(weight) / largest, 1.0f));
  return pixel_of(blend(palette::kPaper, weight > 0 ? palette::kRight : palette::kWrong, strength));
}

/// Place of a filter in the picture, and pixels per side of a weight's square.
struct Place {
  std::size_t row;
  std::size_t column;
  std::size_t zoom;
};

void draw_filter(Raster& raster, const Filters& filters, std::span<const float> filter, Place place) {
  float largest = 0;
  for (const float weight : filter) largest = std::max(largest, std::abs(weight));
  for (std::size_t i = 0; i < filter.size(); ++i) {
    const std::uint32_t color = color_of(filter[i], largest);
    const std::size_t top = place.row + i / filters.width * place.zoom;
    const std::size_t left = place.column + i % filters.width * place.zoom;
    for (std::size_t row = top; row < top + place.zoom; ++row)
      std::fill_n(raster.pixels.begin() + static_cast<std::ptrdiff_t>(row * raster.width + left), place.zoom,
                  color);
  }
}

}  // namespace

Raster filter_grid(const Filters& filters) {
  const std::size_t count = std::min(filters.count(), kMaxFilters);
  const std::size_t columns = std::min<std::size_t>(count, count > 10 ? 8 : 5);
  const std::size_t rows = ceil_divide(count, columns);
  const std::size_t zoom = ceil_divide(kSmallestSide, filters.width);
  const std::size_t pitch_x = filters.width * zoom + kFilterGap;
  const std::size_t pitch_y = filters.height * zoom + kFilterGap;
  Raster raster{columns * pitch_x + kFilterGap, {}};
  raster.pixels.assign(raster.width * (rows * pitch_y + kFilterGap), pixel_of(palette::kGrid));
  for (std::size_t i = 0; i < count; ++i) {
    const Place place{i / columns * pitch_y + kFilterGap, i % columns * pitch_x + kFilterGap, zoom};
    const std::size_t size = filters.height * filters.width;
    draw_filter(raster, filters, filters.weights.subspan(i * size, size), place);
  }
  return raster;
}

}  // namespace lenet::figures
