#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace lenet::figures {

/// A picture of coloured pixels, row by row.
struct Raster {
  std::size_t width = 0;
  std::vector<std::uint32_t> pixels;  ///< 0xRRGGBB

  std::size_t height() const { return width ? pixels.size() / width : 0; }
};

/// The picture as a PNG file, made quickly rather than small. `raster` is not empty. Throws IoError.
std::string png_of(const Raster& raster);

}  // namespace lenet::figures
