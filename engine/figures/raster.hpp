#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lenet::figures {

/// Picture of coloured pixels, row by row.
struct Raster {
  std::size_t width = 0;
  std::vector<std::uint32_t> pixels;  ///< 0xRRGGBB

  std::size_t height() const { return width ? pixels.size() / width : 0; }
};

}  // namespace lenet::figures
