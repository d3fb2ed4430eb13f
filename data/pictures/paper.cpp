#include "data/pictures/paper.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "data/pictures/morphology.hpp"

namespace lenet::pictures {
namespace {

// Least depth of ink in grey levels, and in multiples of the ground's noise. Pencil on paper in dim light has
// a depth of about 50 levels; JPEG artefacts on white paper have less than 5.
constexpr double kFaintestInk = 24;
constexpr double kMinNoiseRatio = 5;
// Widest stroke, as a share of the picture's shorter side, and at least this share of its longer side.
constexpr double kWidestStroke = 0.4;
constexpr double kWidestOfLonger = 0.25;
// Reach of the mean that keeps noise out of the ground's brightness, in pixels.
constexpr std::int64_t kSmoothing = 2;
// Longer side of the picture in which medians are taken, and their reach as a share of its shorter side.
constexpr double kMedianSide = 64;
constexpr double kMedianReach = 0.3;
// Least share of a neighbourhood that is another ground, such as the other side of a shadow's edge: ink
// covers less.
constexpr double kOtherGround = 0.25;
// Least share of the differences from the ground that are left if each side of an edge is a ground of its
// own.
constexpr double kLeastLeft = 0.1;

float median_of(std::vector<float>& values) {
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::ranges::nth_element(values, middle);
  return *middle;
}

/// Estimates the standard deviation of a normal distribution with mean 0 from the median of |values|.
double robust_deviation(std::vector<float> values) {
  if (values.empty()) return 0;
  for (float& value : values) value = std::abs(value);
  return 1.4826 * median_of(values);
}

/// Collects the sheet's pixels within `reach` of (x, y).
void collect_near(const GreyImage& image, const Sheet& sheet, std::int64_t x, std::int64_t y,
                  std::int64_t reach, std::vector<float>& values) {
  values.clear();
  for (std::int64_t row = std::max<std::int64_t>(0, y - reach); row <= std::min(image.height - 1, y + reach);
       ++row)
    for (std::int64_t column = std::max<std::int64_t>(0, x - reach);
         column <= std::min(image.width - 1, x + reach); ++column)
      if (sheet.holds(image.index(column, row))) values.push_back(image.at(column, row));
}

/// If the values are of two grounds, leaves those of the one that `value` is on.
void keep_own_ground(std::vector<float>& values, float value) {
  const double threshold = otsu_threshold(values);
  const auto is_darker = [&](float other) { return static_cast<double>(other) < threshold; };
  const auto darker = static_cast<double>(std::ranges::count_if(values, is_darker));
  const auto all = static_cast<double>(values.size());
  if (std::min(darker, all - darker) < kOtherGround * all) return;
  std::erase_if(values, [&](float other) { return is_darker(other) != is_darker(value); });
}

/// Sums of the differences of a sheet's pixels from their ground, in grey levels.
struct Differences {
  double darker = 0;
  double lighter = 0;
  double sum() const { return darker + lighter; }
};

Differences differences_from_ground(const GreyImage& image, const Sheet& sheet, std::int64_t reach,
                                    bool has_edges) {
  constexpr double kLeastDifference = 6;  // less is noise
  Differences found;
  std::vector<float> near;
  for (std::int64_t y = 0; y < image.height; ++y)
    for (std::int64_t x = 0; x < image.width; ++x) {
      if (!sheet.holds(image.index(x, y))) continue;
      collect_near(image, sheet, x, y, reach, near);
      if (has_edges) keep_own_ground(near, image.at(x, y));
      const auto depth = static_cast<double>(median_of(near) - image.at(x, y));
      if (std::abs(depth) > kLeastDifference) (depth > 0 ? found.darker : found.lighter) += std::abs(depth);
    }
  return found;
}

}  // namespace

double otsu_threshold(const std::vector<float>& values) {
  std::array<double, 256> histogram{};
  double total = 0;
  for (const float value : values) {
    const auto level = static_cast<std::size_t>(std::clamp(value, 0.0f, 255.0f));
    ++histogram[level];
    total += static_cast<double>(level);
  }
  const auto count = static_cast<double>(values.size());
  double below = 0;
  double sum_below = 0;
  double best = -1;
  double threshold = 0;
  for (std::size_t level = 0; level + 1 < histogram.size(); ++level) {
    below += histogram[level];
    sum_below += histogram[level] * static_cast<double>(level);
    const double above = count - below;
    if (below == 0 || above == 0) continue;
    const double apart = sum_below / below - (total - sum_below) / above;
    if (below * above * apart * apart <= best) continue;
    best = below * above * apart * apart;
    threshold = static_cast<double>(level) + 1;
  }
  return threshold;
}

Polarity polarity_of(const GreyImage& picture, const Sheet& sheet) {
  const GreyImage small = reduced(picture, kMedianSide);
  const Sheet small_sheet = sheet.is_whole() ? Sheet{} : Sheet{reduced(sheet.mask, kMedianSide)};
  const auto reach = std::max<std::int64_t>(
      1, std::llround(kMedianReach * static_cast<double>(std::min(small.width, small.height))));
  const Differences all = differences_from_ground(small, small_sheet, reach, false);
  if (all.sum() <= 0) return {};
  // Ink that fills a picture, too, seems to be a ground of its own: then little is left.
  Differences found = differences_from_ground(small, small_sheet, reach, true);
  if (found.sum() < kLeastLeft * all.sum()) found = all;
  return {found.darker >= found.lighter, std::max(found.darker, found.lighter) / found.sum()};
}

std::int64_t widest_reach(const GreyImage& picture) {
  const auto shorter = static_cast<double>(std::min(picture.width, picture.height));
  const auto longer = static_cast<double>(std::max(picture.width, picture.height));
  return std::max<std::int64_t>(
      1, std::llround(std::max(kWidestStroke * shorter, kWidestOfLonger * longer) / 2));
}

GreyImage depth_of_ink(const GreyImage& picture, bool dark, std::int64_t reach) {
  const GreyImage smooth = blurred(picture, kSmoothing);
  // The mean blurs the edge of a shadow; without the last step, its dark side would have a rim of ink.
  const GreyImage ground = dark ? smallest_within(closed(smooth, reach), kSmoothing)
                                : largest_within(opened(smooth, reach), kSmoothing);
  GreyImage depth = picture;
  for (std::size_t i = 0; i < depth.values.size(); ++i) {
    const float away = dark ? ground.values[i] - picture.values[i] : picture.values[i] - ground.values[i];
    depth.values[i] = std::max(0.0f, dark ? 255 * away / std::max(ground.values[i], 1.0f) : away);
  }
  return depth;
}

InkDepth measured(GreyImage depth, const Sheet& sheet) {
  InkDepth found{.depth = std::move(depth)};
  std::vector<float> values;
  for (std::size_t i = 0; i < found.depth.values.size(); ++i)
    if (sheet.holds(i)) values.push_back(found.depth.values[i]);
  found.threshold = otsu_threshold(values);
  std::vector<float> bare;
  double sum = 0;
  std::int64_t count = 0;
  for (const float value : values) {
    if (static_cast<double>(value) < found.threshold / 2) bare.push_back(value);
    if (static_cast<double>(value) < found.threshold) continue;
    sum += static_cast<double>(value);
    ++count;
  }
  found.ink = count ? sum / static_cast<double>(count) : 0;
  // The ground's brightness is that of its lighter grains.
  const float middle = bare.empty() ? 0 : median_of(bare);
  for (float& value : bare) value -= middle;
  for (std::size_t i = 0; i < found.depth.values.size(); ++i)
    found.depth.values[i] = sheet.holds(i) ? found.depth.values[i] - middle : 0;
  found.noise = robust_deviation(std::move(bare));
  found.threshold = std::max(1.0, found.threshold - static_cast<double>(middle));
  found.ink -= static_cast<double>(middle);
  return found;
}

bool InkDepth::has_ink() const { return ink >= std::max(kFaintestInk, kMinNoiseRatio * noise); }

}  // namespace lenet::pictures
