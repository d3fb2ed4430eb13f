#pragma once

#include <algorithm>
#include <cairo.h>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

/// A PNG's pixels as 0xRRGGBB, row by row.
struct PngPixels {
  int width = 0;
  int height = 0;
  std::vector<std::uint32_t> rgb;

  std::uint32_t at(int x, int y) const { return rgb[static_cast<std::size_t>(y * width + x)]; }
};

/// Throws std::runtime_error for what is no PNG.
inline PngPixels decode_png(std::span<const std::byte> bytes) {
  const auto read = [](void* rest, unsigned char* data, unsigned int length) {
    auto& left = *static_cast<std::span<const std::byte>*>(rest);
    if (left.size() < length) return CAIRO_STATUS_READ_ERROR;
    std::ranges::copy(left.first(length), reinterpret_cast<std::byte*>(data));
    left = left.subspan(length);
    return CAIRO_STATUS_SUCCESS;
  };
  cairo_surface_t* const surface = cairo_image_surface_create_from_png_stream(read, &bytes);
  if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) throw std::runtime_error("no PNG");
  PngPixels pixels{cairo_image_surface_get_width(surface), cairo_image_surface_get_height(surface), {}};
  const int stride = cairo_image_surface_get_stride(surface);
  for (int y = 0; y < pixels.height; ++y)
    for (int x = 0; x < pixels.width; ++x)
      pixels.rgb.push_back(0xffffffu & reinterpret_cast<const std::uint32_t*>(
                                           cairo_image_surface_get_data(surface) + y * stride)[x]);
  cairo_surface_destroy(surface);
  return pixels;
}
