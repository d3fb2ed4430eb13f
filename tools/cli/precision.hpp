#pragma once

#include <string_view>

#include "engine/backend.hpp"
#include "engine/device/devices.hpp"

namespace lenet::cli {

/// Of a name that is one of kPrecisionNames.
Precision parse_precision(std::string_view name);

/// Throws UsageError if the device does not compute in it: the CPU knows fp32 alone. Says why it is the CPU.
void require_precision(std::string_view name, const device::OpenedBackend& opened);

}  // namespace lenet::cli
