#pragma once

#include <cstdint>
#include <math.h>

#include "engine/core/host_device.hpp"

namespace lenet::kernels {

/// Softmax cross-entropy of one row of logits: log Σ exp(z) - z[label]. Subtracting the largest logit from
/// all keeps every exponent at or below 0, so nothing overflows, whatever the logits.
struct RowLoss {
  float loss;
  float max_logit;         ///< logit
  float exp_sum;           ///< Σ exp(z - max_logit), at least 1
  std::int32_t predicted;  ///< class of the largest logit, the lowest where several are equal
};

LENET_HOST_DEVICE inline RowLoss row_loss(const float* logits, std::int32_t classes, std::int32_t label) {
  RowLoss row{0.0f, logits[0], 0.0f, 0};
  for (std::int32_t k = 1; k < classes; ++k) {
    if (logits[k] > row.max_logit) {
      row.max_logit = logits[k];
      row.predicted = k;
    }
  }
  for (std::int32_t k = 0; k < classes; ++k) row.exp_sum += expf(logits[k] - row.max_logit);
  row.loss = logf(row.exp_sum) - (logits[label] - row.max_logit);
  return row;
}

/// ∂loss/∂logit of class `k`, times `scale` (1 / batch for the mean): softmax minus the one-hot label.
LENET_HOST_DEVICE inline float logit_gradient(const RowLoss& row, float logit, bool is_label, float scale) {
  return (expf(logit - row.max_logit) / row.exp_sum - (is_label ? 1.0f : 0.0f)) * scale;
}

}  // namespace lenet::kernels
