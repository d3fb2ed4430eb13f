#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/layout.hpp"

namespace lenet::kernels {

/// Bytes of workspace for a launch that sums a gradient of samples × channels × pixels per channel. The
/// workspace must be zero before its first use, and each launch leaves it ready for the next; launches that
/// may run at the same time need one each.
std::size_t column_sum_workspace_bytes(std::int64_t samples, std::int64_t channels, std::int64_t pixels,
                                       Layout layout);

}  // namespace lenet::kernels
