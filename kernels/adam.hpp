#pragma once

#include <cmath>
#include <cstdint>

#include "engine/core/host_device.hpp"

namespace lenet::kernels {

/// Adam of Kingma and Ba (ICLR 2015), with both bias corrections folded into two numbers per step. Epsilon is
/// where Algorithm 1 of the paper (and PyTorch) has it, added to the corrected root:
/// w -= lr · m̂ / (√v̂ + ε), which is rate · m / (√v + epsilon) with the members below.
struct AdamStep {
  float rate;     ///< lr · √(1 - β2^t) / (1 - β1^t)
  float epsilon;  ///< ε · √(1 - β2^t)
  float beta1;
  float beta2;
};

struct AdamElement {
  float weight, moment1, moment2;
};

/// Computes the corrections of a step. `step` counts from 0; the paper's t is step + 1.
LENET_HOST_DEVICE inline AdamStep adam_step(float learning_rate, float beta1, float beta2, float epsilon,
                                            std::int64_t step) {
  const double t = static_cast<double>(step) + 1.0;
  const double correction1 = 1.0 - std::pow(static_cast<double>(beta1), t);
  const double correction2 = std::sqrt(1.0 - std::pow(static_cast<double>(beta2), t));
  return {static_cast<float>(learning_rate * correction2 / correction1),
          static_cast<float>(epsilon * correction2), beta1, beta2};
}

/// Updates one parameter and its moments by its gradient.
LENET_HOST_DEVICE inline AdamElement adam(AdamElement element, float gradient, const AdamStep& step) {
  const float moment1 = step.beta1 * element.moment1 + (1.0f - step.beta1) * gradient;
  const float moment2 = step.beta2 * element.moment2 + (1.0f - step.beta2) * gradient * gradient;
  const float weight = element.weight - step.rate * moment1 / (sqrtf(moment2) + step.epsilon);
  return {weight, moment1, moment2};
}

}  // namespace lenet::kernels
