#pragma once

#include <type_traits>

#include "engine/core/host_device.hpp"

namespace lenet {

/// The quotient of two integers, rounded up. `dividend` is not negative, `divisor` is positive, and their sum
/// fits the type. The divisor takes the dividend's type.
template <class Integer>
LENET_HOST_DEVICE constexpr Integer ceil_divide(Integer dividend, std::common_type_t<Integer> divisor) {
  static_assert(std::is_integral_v<Integer>);
  return (dividend + divisor - 1) / divisor;
}

/// The smallest multiple of `multiple` that is not below `value`.
template <class Integer>
LENET_HOST_DEVICE constexpr Integer round_up(Integer value, std::common_type_t<Integer> multiple) {
  return ceil_divide(value, multiple) * multiple;
}

}  // namespace lenet
