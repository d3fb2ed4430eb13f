#pragma once

#include <cstdint>
#include <vector>

namespace lenet {

/// Sums over the samples that a device has processed since the last reset.
struct Metrics {
  double loss_sum = 0;  ///< softmax cross-entropy in nats
  std::int64_t correct = 0;
  std::int64_t count = 0;
  /// First training step whose loss or weights were not finite, or -1.
  std::int64_t first_nonfinite_step = -1;
  /// Confusion matrix of the evaluated samples, classes×classes: one row per label, one column per predicted
  /// class. Empty before the first evaluate_batch().
  std::vector<std::int64_t> confusion = {};

  double loss() const { return count ? loss_sum / static_cast<double>(count) : 0; }
  double accuracy() const { return count ? static_cast<double>(correct) / static_cast<double>(count) : 0; }
};

}  // namespace lenet
