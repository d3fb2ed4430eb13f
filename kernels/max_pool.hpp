#pragma once

#include <math.h>

#include "engine/core/host_device.hpp"

namespace lenet::kernels {

/// Whether a value replaces the maximum of the elements before it in its window: the first of equal maxima
/// stays, and a NaN always replaces it, so that the loss shows it.
LENET_HOST_DEVICE inline bool exceeds_max(float value, float max) { return value > max || isnan(value); }

}  // namespace lenet::kernels
