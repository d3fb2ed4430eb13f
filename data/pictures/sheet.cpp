#include "data/pictures/sheet.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <vector>

#include "data/pictures/morphology.hpp"
#include "data/pictures/paper.hpp"
#include "data/pictures/regions.hpp"

namespace lenet::pictures {
namespace {

// Longer side of the picture in which the sheet is searched.
constexpr double kSearchSide = 128;
// Width of what may be drawn on the sheet, as a share of the picture's shorter side.
constexpr double kDrawn = 0.25;
// Largest brightness of the darker side, as a share of the lighter one's. A shadow leaves more light.
constexpr double kDarkest = 0.6;
constexpr double kLeastArea = 0.1;
constexpr double kMostArea = 0.97;
// Least share of the border that the surroundings reach. A shadow's edge across a picture may reach as much;
// what is written over it then shows that it is none.
constexpr double kLeastBorder = 0.5;
// Least share of its smallest rectangle that the sheet fills. An ellipse, such as a 0, fills 0.79.
constexpr double kLeastFilled = 0.85;
// Least share of the sheet that is bare. Thick strokes that a closing joins have less.
constexpr double kLeastBare = 0.6;
constexpr double kMostAspect = 3.5;
// Distance from the edge, in pixels of the search, in which nothing is taken for ink.
constexpr std::int64_t kSheetEdge = 2;

bool is_border(const Region& region, std::size_t pixel) {
  const auto x = static_cast<std::int64_t>(pixel) % region.width;
  const auto y = static_cast<std::int64_t>(pixel) / region.width;
  return x == 0 || y == 0 || x == region.width - 1 || y == region.height - 1;
}

/// Returns the largest connected part of a region, with its holes filled.
Region largest_part(const Region& region) {
  const auto parts = connected_parts(region);
  const auto largest = std::ranges::max_element(parts, {}, &std::vector<std::size_t>::size);
  Region outside{region.width, region.height, std::vector<bool>(region.inside.size(), true)};
  for (const std::size_t pixel : *largest) outside.inside[pixel] = false;
  Region filled{region.width, region.height, std::vector<bool>(region.inside.size(), true)};
  for (const auto& part : connected_parts(outside)) {
    if (std::ranges::none_of(part, [&](std::size_t pixel) { return is_border(region, pixel); })) continue;
    for (const std::size_t pixel : part) filled.inside[pixel] = false;
  }
  return filled;
}

struct Rectangle {
  double area = 0;
  double aspect = 1;  ///< longer side divided by the shorter one
};

/// Returns the smallest rectangle, of any angle, around a part of the picture.
Rectangle smallest_rectangle(const Region& part) {
  Rectangle smallest;
  for (int degrees = -45; degrees < 45; degrees += 3) {
    const double angle = degrees * std::numbers::pi / 180;
    double left = 1e9, right = -1e9, top = 1e9, bottom = -1e9;
    for (std::int64_t y = 0; y < part.height; ++y)
      for (std::int64_t x = 0; x < part.width; ++x) {
        if (!part.inside[part.index(x, y)]) continue;
        const double across =
            static_cast<double>(x) * std::cos(angle) + static_cast<double>(y) * std::sin(angle);
        const double down =
            static_cast<double>(y) * std::cos(angle) - static_cast<double>(x) * std::sin(angle);
        left = std::min(left, across);
        right = std::max(right, across);
        top = std::min(top, down);
        bottom = std::max(bottom, down);
      }
    const double width = right - left + 1;
    const double height = bottom - top + 1;
    if (smallest.area == 0 || width * height < smallest.area)
      smallest = {width * height, std::max(width, height) / std::min(width, height)};
  }
  return smallest;
}

double share_of(std::int64_t count, std::int64_t all) {
  return all > 0 ? static_cast<double>(count) / static_cast<double>(all) : 0;
}

/// Returns whether a part of the picture is a sheet. `bare` are the pixels as light (or dark) as it.
bool is_sheet(const Region& part, const std::vector<bool>& bare) {
  std::int64_t area = 0, bare_area = 0, border = 0, border_outside = 0;
  for (std::size_t pixel = 0; pixel < bare.size(); ++pixel) {
    area += part.inside[pixel];
    bare_area += part.inside[pixel] && bare[pixel];
    border += is_border(part, pixel);
    border_outside += is_border(part, pixel) && !part.inside[pixel];
  }
  const double covered = share_of(area, std::ssize(bare));
  if (covered < kLeastArea || covered > kMostArea || share_of(border_outside, border) < kLeastBorder ||
      share_of(bare_area, area) < kLeastBare)
    return false;
  const Rectangle around = smallest_rectangle(part);
  return static_cast<double>(area) >= kLeastFilled * around.area && around.aspect <= kMostAspect;
}

/// Adds a margin with the values of the nearest pixels.
GreyImage extended(const GreyImage& image, std::int64_t margin) {
  GreyImage wide{image.width + 2 * margin, image.height + 2 * margin, {}};
  for (std::int64_t y = 0; y < wide.height; ++y)
    for (std::int64_t x = 0; x < wide.width; ++x)
      wide.values.push_back(image.at(std::clamp<std::int64_t>(x - margin, 0, image.width - 1),
                                     std::clamp<std::int64_t>(y - margin, 0, image.height - 1)));
  return wide;
}

/// Removes a margin.
GreyImage cropped(const GreyImage& image, std::int64_t margin) {
  GreyImage inner{image.width - 2 * margin, image.height - 2 * margin, {}};
  for (std::int64_t y = 0; y < inner.height; ++y)
    for (std::int64_t x = 0; x < inner.width; ++x) inner.values.push_back(image.at(x + margin, y + margin));
  return inner;
}

/// Finds a light sheet in a small picture, or a dark one.
std::optional<Region> sheet_in(const GreyImage& small, bool light) {
  const auto reach = std::max<std::int64_t>(
      1, std::llround(kDrawn / 2 * static_cast<double>(std::min(small.width, small.height))));
  // What reaches the border goes on behind it: narrow strips of a table are not filled.
  const GreyImage wide = extended(small, 2 * reach);
  const GreyImage bare = cropped(light ? closed(wide, reach) : opened(wide, reach), 2 * reach);
  const double threshold = otsu_threshold(bare.values);
  double sums[2] = {};
  std::int64_t counts[2] = {};
  Region region{small.width, small.height, {}};
  std::vector<bool> as_bare;
  for (std::size_t i = 0; i < bare.values.size(); ++i) {
    const bool is_light = bare.values[i] >= static_cast<float>(threshold);
    sums[is_light] += static_cast<double>(bare.values[i]);
    ++counts[is_light];
    region.inside.push_back(is_light == light);
    as_bare.push_back((small.values[i] >= static_cast<float>(threshold)) == light);
  }
  if (counts[0] == 0 || counts[1] == 0) return std::nullopt;
  const double dark_mean = sums[0] / static_cast<double>(counts[0]);
  const double light_mean = sums[1] / static_cast<double>(counts[1]);
  if (dark_mean > kDarkest * light_mean) return std::nullopt;
  Region part = largest_part(region);
  if (!is_sheet(part, as_bare)) return std::nullopt;
  return part;
}

}  // namespace

Sheet find_sheet(const GreyImage& picture) {
  const GreyImage small = reduced(picture, kSearchSide);
  std::optional<Region> sheet = sheet_in(small, true);
  if (!sheet) sheet = sheet_in(small, false);
  if (!sheet) return {};
  GreyImage mask{small.width, small.height, {}};
  for (const bool inside : sheet->inside) mask.values.push_back(inside ? 1.0f : 0.0f);
  mask = smallest_within(mask, kSheetEdge);
  mask = scaled(mask, {0, 0, static_cast<double>(mask.width), static_cast<double>(mask.height)},
                picture.width, picture.height);
  for (float& value : mask.values) value = value >= 0.5f ? 1.0f : 0.0f;
  return {mask};
}

}  // namespace lenet::pictures
