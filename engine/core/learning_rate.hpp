#pragma once

#include <cstdint>

#include "engine/core/host_device.hpp"

namespace lenet {

/// A learning-rate schedule: the rate as a function of the step. A plain struct, so that a kernel can take it
/// by value and compute the rate of each step itself, also in a captured graph. Converts from a number, which
/// is a constant rate.
struct LearningRate {
  enum class Kind : std::int32_t {
    constant,  ///< `base` throughout
    linear,    ///< rises from 0 to `base` during the warm-up, then falls to `final` at step `total`
  };

  constexpr LearningRate(float constant_rate = 0) : base(constant_rate) {}

  static constexpr LearningRate linear(float base, std::int64_t warm_up, std::int64_t total, float final) {
    LearningRate rate(base);
    rate.kind = Kind::linear;
    rate.warm_up = warm_up;
    rate.total = total;
    rate.final = final;
    return rate;
  }

  Kind kind = Kind::constant;
  float base = 0;
  float final = 0;           ///< from step `total` on
  std::int64_t warm_up = 0;  ///< steps
  std::int64_t total = 0;    ///< steps, including the warm-up
};

/// Returns the learning rate of a step; `step` counts from 0 over the whole run.
LENET_HOST_DEVICE constexpr float at(const LearningRate& rate, std::int64_t step) {
  switch (rate.kind) {
    case LearningRate::Kind::constant:
      return rate.base;
    case LearningRate::Kind::linear:
      break;
  }
  const double base = rate.base, final = rate.final;
  if (step < rate.warm_up)
    return static_cast<float>(base * static_cast<double>(step + 1) / static_cast<double>(rate.warm_up));
  if (step >= rate.total) return rate.final;
  const double fallen =
      static_cast<double>(step - rate.warm_up) / static_cast<double>(rate.total - rate.warm_up);
  return static_cast<float>(base + (final - base) * fallen);
}

}  // namespace lenet
