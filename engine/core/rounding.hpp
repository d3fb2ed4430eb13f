#pragma once

#include <type_traits>

#include "engine/core/host_device.hpp"

namespace lenet {

/// Returns dividend / divisor, rounded up. Requires dividend ≥ 0, divisor > 0 and a sum that fits the type.
/// The type is deduced from the dividend alone.
template <class Integer>
LENET_HOST_DEVICE constexpr Integer ceil_divide(Integer dividend, std::common_type_t<Integer> divisor) {
  static_assert(std::is_integral_v<Integer>);
  return (dividend + divisor - 1) / divisor;
}

/// Returns the smallest multiple of `multiple` that is at least `value`.
template <class Integer>
LENET_HOST_DEVICE constexpr Integer round_up(Integer value, std::common_type_t<Integer> multiple) {
  return ceil_divide(value, multiple) * multiple;
}

}  // namespace lenet
