#pragma once

#include <span>
#include <vector>

#include "engine/core/histogram_buckets.hpp"

namespace lenet {

/// Counts of values in adjacent intervals of equal width.
struct Histogram {
  struct Bucket {
    double left = 0;
    double right = 0;
    double count = 0;
  };
  std::vector<Bucket> buckets;
};

/// Returns the histogram of values with this range and these counts, as TensorFlow makes them: 30 buckets
/// from the smallest to the largest value, one if all values are equal (the counts are not read), none if
/// there are none.
Histogram histogram_of(const ValueRange& range, const BucketCounts& counts);

/// Returns the histogram of the finite ones among these values.
Histogram histogram_of(std::span<const float> values);

}  // namespace lenet
