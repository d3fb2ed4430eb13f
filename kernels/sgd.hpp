#pragma once

#include "engine/core/host_device.hpp"

namespace lenet::kernels {

/// Updates one weight by stochastic gradient descent.
LENET_HOST_DEVICE inline float sgd(float weight, float gradient, float learning_rate) {
  return weight - learning_rate * gradient;
}

}  // namespace lenet::kernels
