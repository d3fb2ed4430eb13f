#pragma once

#include <array>
#include <cstdint>
#include <limits>

#include "engine/core/host_device.hpp"

namespace lenet {

inline constexpr int kHistogramBuckets = 30;

/// The smallest and the largest of the finite values among some, and how many those are.
struct ValueRange {
  float min = std::numeric_limits<float>::infinity();
  float max = -std::numeric_limits<float>::infinity();
  std::int64_t finite = 0;
};

/// Maps a finite value to the number of its bucket, from 0. The largest value has a number of its own,
/// kHistogramBuckets, and belongs to the last bucket. Requires range.min < range.max.
class BucketRule {
 public:
  explicit BucketRule(const ValueRange& range)
      : min_(static_cast<double>(range.min)),
        scale_(kHistogramBuckets / (static_cast<double>(range.max) - min_)) {}
  // In double, because the difference of two floats may exceed the range of a float.
  LENET_HOST_DEVICE int operator()(float value) const {
    return static_cast<int>((static_cast<double>(value) - min_) * scale_);
  }

 private:
  double min_, scale_;
};

/// Counts by number of the bucket, with one more for the largest value.
using BucketCounts = std::array<std::int64_t, kHistogramBuckets + 1>;

}  // namespace lenet
