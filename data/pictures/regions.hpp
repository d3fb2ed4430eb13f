#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lenet::pictures {

/// Some of the pixels of a picture, row by row.
struct Region {
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::vector<bool> inside;

  std::size_t index(std::int64_t x, std::int64_t y) const { return static_cast<std::size_t>(y * width + x); }
};

/// Returns the parts of a region whose pixels are connected along rows and columns.
std::vector<std::vector<std::size_t>> connected_parts(const Region& region);

}  // namespace lenet::pictures
