#include "engine/core/histogram.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <iterator>

namespace lenet {
namespace {

// std::min and std::max return their first argument if the second is NaN.
void extend(ValueRange& range, const ValueRange& other) {
  range.min = std::min(range.min, other.min);
  range.max = std::max(range.max, other.max);
}

/// Returns the range of values that are all finite.
ValueRange range_of(std::span<const float> values) {
  constexpr std::size_t kLanes = 16;
  std::array<ValueRange, kLanes>
      lanes;  // independent of each other, so that the compiler vectorizes the loop
  std::size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane)
      extend(lanes[lane], {values[i + lane], values[i + lane]});
  ValueRange all;
  for (; i < values.size(); ++i) extend(all, {values[i], values[i]});
  for (const ValueRange& lane : lanes) extend(all, lane);
  all.finite = static_cast<std::int64_t>(values.size());
  return all;
}

BucketCounts counts_of(std::span<const float> values, const BucketRule& bucket_of) {
  // Four rows of counts, because neighbouring values often share a bucket, and adding to it again would wait
  // for the previous addition.
  constexpr std::size_t kRows = 4;
  std::array<BucketCounts, kRows> rows{};
  for (std::size_t i = 0; i < values.size(); ++i)
    ++rows[i % kRows][static_cast<std::size_t>(bucket_of(values[i]))];
  BucketCounts sums{};
  for (const BucketCounts& row : rows)
    std::ranges::transform(sums, row, sums.begin(), std::plus<std::int64_t>());
  return sums;
}

Histogram histogram_of_finite(std::span<const float> values) {
  const ValueRange range = range_of(values);
  return histogram_of(range, range.min < range.max ? counts_of(values, BucketRule(range)) : BucketCounts{});
}

}  // namespace

Histogram histogram_of(const ValueRange& range, const BucketCounts& counts) {
  if (range.finite == 0) return {};
  const auto min = static_cast<double>(range.min), max = static_cast<double>(range.max);
  if (range.min == range.max) return {{{min - 0.5, min + 0.5, static_cast<double>(range.finite)}}};
  const double width = (max - min) / kHistogramBuckets;
  Histogram histogram;
  for (int i = 0; i < kHistogramBuckets; ++i)
    histogram.buckets.push_back(
        {min + width * i, min + width * (i + 1), static_cast<double>(counts[static_cast<std::size_t>(i)])});
  histogram.buckets.back().right = max;
  histogram.buckets.back().count += static_cast<double>(counts.back());
  return histogram;
}

Histogram histogram_of(std::span<const float> values) {
  const auto is_finite = [](float value) { return std::isfinite(value); };
  if (std::ranges::all_of(values, is_finite)) return histogram_of_finite(values);
  std::vector<float> finite;
  std::ranges::copy_if(values, std::back_inserter(finite), is_finite);
  return histogram_of_finite(finite);
}

}  // namespace lenet
