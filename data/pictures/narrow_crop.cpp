#include "data/pictures/narrow_crop.hpp"

#include <algorithm>
#include <vector>

#include "data/pictures/paper.hpp"
#include "data/pictures/regions.hpp"

namespace lenet::pictures {
namespace {

constexpr double kNarrow = 1.7;  // least height as a multiple of the width
// Least share of the picture of a part that counts.
constexpr double kLeastPart = 0.03;

/// Parts of a picture that are darker, or lighter, than a threshold.
struct Side {
  std::int64_t parts = 0;
  bool spans = false;  ///< whether one of them reaches from top to bottom
  double mean = 0;
};

Side side_of(const GreyImage& picture, double threshold, bool dark) {
  Region region{picture.width, picture.height, {}};
  Side side;
  std::int64_t count = 0;
  for (const float value : picture.values) {
    const bool inside = (static_cast<double>(value) < threshold) == dark;
    region.inside.push_back(inside);
    if (!inside) continue;
    side.mean += static_cast<double>(value);
    ++count;
  }
  side.mean /= static_cast<double>(std::max<std::int64_t>(1, count));
  for (const auto& part : connected_parts(region)) {
    if (static_cast<double>(part.size()) < kLeastPart * static_cast<double>(picture.values.size())) continue;
    ++side.parts;
    const auto [top, bottom] = std::ranges::minmax(part);
    const auto columns = static_cast<std::size_t>(picture.width);
    side.spans = side.spans ||
                 (top / columns == 0 && bottom / columns + 1 == static_cast<std::size_t>(picture.height));
  }
  return side;
}

}  // namespace

NarrowCrop with_ground_beside(const GreyImage& picture) {
  if (static_cast<double>(picture.height) < kNarrow * static_cast<double>(picture.width)) return {picture};
  const double threshold = otsu_threshold(picture.values);
  const Side dark = side_of(picture, threshold, true);
  const Side light = side_of(picture, threshold, false);
  const auto is_stroke = [](const Side& stroke, const Side& ground) {
    return stroke.spans && stroke.parts == 1 && !ground.spans && ground.parts >= 2;
  };
  if (!is_stroke(dark, light) && !is_stroke(light, dark)) return {picture};
  const auto ground = static_cast<float>(is_stroke(dark, light) ? light.mean : dark.mean);
  const std::int64_t margin = picture.height / 2;
  NarrowCrop crop{.picture = {picture.width + 2 * margin, picture.height, {}}, .margin = margin};
  crop.picture.values.assign(static_cast<std::size_t>(crop.picture.width * crop.picture.height), ground);
  for (std::int64_t y = 0; y < picture.height; ++y)
    for (std::int64_t x = 0; x < picture.width; ++x)
      crop.picture.values[crop.picture.index(x + margin, y)] = picture.at(x, y);
  return crop;
}

}  // namespace lenet::pictures
