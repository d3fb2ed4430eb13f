#pragma once

#include <cstdint>

namespace lenet::kernels {

/// Sums since the last reset, in device memory. To reset them, copy a default-constructed one over them.
struct DeviceMetrics {
  double loss_sum = 0;
  std::int64_t correct = 0;
  std::int64_t count = 0;
  std::int64_t first_nonfinite_step = -1;  ///< whose loss or new weights were not finite, or -1
};

}  // namespace lenet::kernels
