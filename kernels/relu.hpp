#pragma once

#include "engine/core/host_device.hpp"

namespace lenet::kernels {

/// max(x, 0), but NaN stays NaN, so that a loss shows it.
LENET_HOST_DEVICE inline float relu(float value) { return value < 0.0f ? 0.0f : value; }

/// Backward pass: the gradient passes where the result is positive; elsewhere it is 0.
LENET_HOST_DEVICE inline float relu_gradient(float gradient, float result) {
  return result > 0.0f ? gradient : 0.0f;
}

}  // namespace lenet::kernels
