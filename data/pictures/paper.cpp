#include "data/pictures/paper.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <utility>

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

/// Counts of pixels by brightness, in whole grey levels.
struct Levels {
  static constexpr std::size_t kCount = 256;
  std::array<std::int64_t, kCount> counts{};

  static std::size_t of(float brightness) {
    return static_cast<std::size_t>(std::clamp(brightness, 0.0f, 255.0f));
  }
  std::int64_t between(std::size_t first, std::size_t end) const {
    return std::accumulate(counts.begin() + static_cast<std::ptrdiff_t>(first),
                           counts.begin() + static_cast<std::ptrdiff_t>(end), std::int64_t{0});
  }
  /// Returns the median brightness of the pixels of some levels, of which there are any.
  double median(std::size_t first, std::size_t end) const {
    const std::int64_t half = between(first, end) / 2;
    std::int64_t below = 0;
    for (std::size_t level = first; level + 1 < end; ++level) {
      below += counts[level];
      if (below > half) return static_cast<double>(level) + 0.5;
    }
    return static_cast<double>(end) - 0.5;
  }
};

double otsu_threshold(const Levels& levels) {
  double count = 0;
  double total = 0;
  for (std::size_t level = 0; level < Levels::kCount; ++level) {
    const auto pixels = static_cast<double>(levels.counts[level]);
    count += pixels;
    total += pixels * static_cast<double>(level);
  }
  double below = 0;
  double sum_below = 0;
  double best = -1;
  double threshold = 0;
  for (std::size_t level = 0; level + 1 < Levels::kCount; ++level) {
    const auto pixels = static_cast<double>(levels.counts[level]);
    below += pixels;
    sum_below += pixels * static_cast<double>(level);
    const double above = count - below;
    if (below == 0 || above == 0) continue;
    const double apart = sum_below / below - (total - sum_below) / above;
    if (below * above * apart * apart <= best) continue;
    best = below * above * apart * apart;
    threshold = static_cast<double>(level) + 1;
  }
  return threshold;
}

/// Returns the median brightness of the pixels near one with this brightness: if they are of two grounds, of
/// those on its own.
double median_of_own_ground(const Levels& near, float brightness) {
  const auto threshold = static_cast<std::size_t>(otsu_threshold(near));
  const auto darker = static_cast<double>(near.between(0, threshold));
  const auto lighter = static_cast<double>(near.between(threshold, Levels::kCount));
  if (std::min(darker, lighter) < kOtherGround * (darker + lighter)) return near.median(0, Levels::kCount);
  return Levels::of(brightness) < threshold ? near.median(0, threshold)
                                            : near.median(threshold, Levels::kCount);
}

/// Calls visit(x, y, levels) for each pixel of a sheet with the levels of those within `reach` of it. From
/// one pixel to the next only a column comes and one goes (Huang, Yang, Tang, "A fast two-dimensional median
/// filtering algorithm", 1979).
template <class Visit>
void visit_neighbourhoods(const GreyImage& image, const Sheet& sheet, std::int64_t reach,
                          const Visit& visit) {
  for (std::int64_t y = 0; y < image.height; ++y) {
    Levels near;
    const auto count_column = [&](std::int64_t x, std::int64_t times) {
      if (x < 0 || x >= image.width) return;
      const std::int64_t last = std::min(image.height - 1, y + reach);
      for (std::int64_t row = std::max<std::int64_t>(0, y - reach); row <= last; ++row)
        if (sheet.holds(image.index(x, row))) near.counts[Levels::of(image.at(x, row))] += times;
    };
    for (std::int64_t x = 0; x < reach; ++x) count_column(x, 1);
    for (std::int64_t x = 0; x < image.width; ++x) {
      count_column(x + reach, 1);
      count_column(x - reach - 1, -1);
      if (sheet.holds(image.index(x, y))) visit(x, y, near);
    }
  }
}

/// Sums of the differences of a sheet's pixels from their ground, in grey levels.
struct Differences {
  double darker = 0;
  double lighter = 0;
  double sum() const { return darker + lighter; }
};

/// The differences from one ground, and from two where an edge divides a neighbourhood.
std::pair<Differences, Differences> differences_from_grounds(const GreyImage& image, const Sheet& sheet,
                                                             std::int64_t reach) {
  constexpr double kLeastDifference = 6;  // less is noise
  const auto add = [](Differences& sums, double depth) {
    if (std::abs(depth) > kLeastDifference) (depth > 0 ? sums.darker : sums.lighter) += std::abs(depth);
  };
  Differences one, two;
  visit_neighbourhoods(image, sheet, reach, [&](std::int64_t x, std::int64_t y, const Levels& near) {
    const float brightness = image.at(x, y);
    add(one, near.median(0, Levels::kCount) - static_cast<double>(brightness));
    add(two, median_of_own_ground(near, brightness) - static_cast<double>(brightness));
  });
  return {one, two};
}

}  // namespace

double otsu_threshold(const std::vector<float>& values) {
  Levels levels;
  for (const float value : values) ++levels.counts[Levels::of(value)];
  return otsu_threshold(levels);
}

Polarity polarity_of(const GreyImage& picture, const Sheet& sheet) {
  const GreyImage small = reduced(picture, kMedianSide);
  const Sheet small_sheet = sheet.is_whole() ? Sheet{} : Sheet{reduced(sheet.mask, kMedianSide)};
  const auto reach = std::max<std::int64_t>(
      1, std::llround(kMedianReach * static_cast<double>(std::min(small.width, small.height))));
  const auto [one, two] = differences_from_grounds(small, small_sheet, reach);
  if (one.sum() <= 0) return {};
  // Ink that fills a picture, too, seems to be a ground of its own: then little is left.
  const Differences& found = two.sum() < kLeastLeft * one.sum() ? one : two;
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
