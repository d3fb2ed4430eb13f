#pragma once

#include <string_view>

#include "engine/backend.hpp"
#include "engine/device/devices.hpp"

namespace lenet::cli {

/// Converts a name in kPrecisionNames.
Precision parse_precision(std::string_view name);

/// Converts a name in kFusedNames.
Fused parse_fused(std::string_view name);

/// Throws UsageError if the device does not support the precision: the CPU has fp32 only. If `auto` fell back
/// to the CPU, the message gives the reason.
void require_precision(std::string_view name, const device::OpenedBackend& opened);

}  // namespace lenet::cli
