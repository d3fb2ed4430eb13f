#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace lenet::figures {

/// Picture of coloured pixels, row by row.
struct Raster {
  std::size_t width = 0;
  std::vector<std::uint32_t> pixels;  ///< 0xRRGGBB

  std::size_t height() const { return width ? pixels.size() / width : 0; }
};

/// Encodes the picture as a PNG file, for speed rather than for size. `raster` must not be empty. Throws
/// IoError.
std::string png_of(const Raster& raster);

}  // namespace lenet::figures
