#pragma once

#include <string_view>

#include "engine/backend.hpp"
#include "engine/device/devices.hpp"

namespace lenet::cli {

/// Returns the precision of a name in kPrecisionNames.
Precision parse_precision(std::string_view name);

/// Throws UsageError if the device does not compute in it: the CPU has fp32 only. Says why it is the CPU.
void require_precision(std::string_view name, const device::OpenedBackend& opened);

}  // namespace lenet::cli
