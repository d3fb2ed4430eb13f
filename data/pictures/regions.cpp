#include "data/pictures/regions.hpp"

namespace lenet::pictures {
namespace {

/// Returns the pixels that are connected with `start`, and marks them as seen.
std::vector<std::size_t> connected(const Region& region, std::vector<bool>& seen, std::size_t start) {
  std::vector<std::size_t> pixels{start};
  seen[start] = true;
  const auto visit = [&](std::int64_t x, std::int64_t y) {
    if (x < 0 || y < 0 || x >= region.width || y >= region.height) return;
    const std::size_t pixel = region.index(x, y);
    if (seen[pixel] || !region.inside[pixel]) return;
    seen[pixel] = true;
    pixels.push_back(pixel);
  };
  for (std::size_t next = 0; next < pixels.size(); ++next) {
    const auto x = static_cast<std::int64_t>(pixels[next]) % region.width;
    const auto y = static_cast<std::int64_t>(pixels[next]) / region.width;
    visit(x - 1, y);
    visit(x + 1, y);
    visit(x, y - 1);
    visit(x, y + 1);
  }
  return pixels;
}

}  // namespace

std::vector<std::vector<std::size_t>> connected_parts(const Region& region) {
  std::vector<bool> seen(region.inside.size());
  std::vector<std::vector<std::size_t>> parts;
  for (std::size_t start = 0; start < seen.size(); ++start)
    if (!seen[start] && region.inside[start]) parts.push_back(connected(region, seen, start));
  return parts;
}

}  // namespace lenet::pictures
