#pragma once

#include <cstdint>

#include "engine/core/host_device.hpp"

namespace lenet::kernels {

/// Scales a pixel to [0, 1].
LENET_HOST_DEVICE inline float normalize(std::uint8_t pixel) { return static_cast<float>(pixel) / 255.0f; }

}  // namespace lenet::kernels
