#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

#include "engine/tensorboard/summary.hpp"

namespace lenet::tensorboard {
namespace {

constexpr std::size_t kBuckets = 30;

struct Range {
  float min = std::numeric_limits<float>::infinity();
  float max = -std::numeric_limits<float>::infinity();

  // std::min and std::max return their first argument if the second is NaN.
  void add(Range other) {
    min = std::min(min, other.min);
    max = std::max(max, other.max);
  }
};

Range range_of(std::span<const float> values) {
  constexpr std::size_t kLanes = 16;
  std::array<Range, kLanes> lanes;  // independent of each other, so that the compiler vectorizes the loop
  std::size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) lanes[lane].add({values[i + lane], values[i + lane]});
  Range all;
  for (; i < values.size(); ++i) all.add({values[i], values[i]});
  for (const Range& lane : lanes) all.add(lane);
  return all;
}

std::vector<Histogram::Bucket> empty_buckets(Range range) {
  const auto min = static_cast<double>(range.min);
  const double width = (static_cast<double>(range.max) - min) / kBuckets;
  std::vector<Histogram::Bucket> buckets;
  for (std::size_t i = 0; i < kBuckets; ++i)
    buckets.push_back({min + width * static_cast<double>(i), min + width * static_cast<double>(i + 1)});
  buckets.back().right = static_cast<double>(range.max);
  return buckets;
}

Histogram histogram_of_finite(std::span<const float> values, Range range) {
  if (range.min == range.max) {
    const auto value = static_cast<double>(range.min);
    return {{{value - 0.5, value + 0.5, static_cast<double>(values.size())}}};
  }
  Histogram histogram{empty_buckets(range)};
  // In double, because the difference of two floats may exceed the range of a float.
  const auto min = static_cast<double>(range.min);
  const double scale = kBuckets / (static_cast<double>(range.max) - min);
  // Four rows of counts, because neighbouring values often share a bucket, and adding to it again would wait
  // for the previous addition.
  constexpr std::size_t kRows = 4;
  std::array<std::array<std::int64_t, kBuckets + 1>, kRows> counts{};
  for (std::size_t i = 0; i < values.size(); ++i)
    ++counts[i % kRows][static_cast<std::size_t>((static_cast<double>(values[i]) - min) * scale)];
  for (const auto& row : counts)
    for (std::size_t i = 0; i <= kBuckets; ++i)  // the maximum belongs to the last bucket
      histogram.buckets[std::min(i, kBuckets - 1)].count += static_cast<double>(row[i]);
  return histogram;
}

}  // namespace

Histogram histogram_of(std::span<const float> values) {
  const auto is_finite = [](float value) { return std::isfinite(value); };
  const Range range = range_of(values);
  if (std::ranges::all_of(values, is_finite))
    return values.empty() ? Histogram{} : histogram_of_finite(values, range);
  std::vector<float> finite;
  std::ranges::copy_if(values, std::back_inserter(finite), is_finite);
  return histogram_of(finite);
}

}  // namespace lenet::tensorboard
