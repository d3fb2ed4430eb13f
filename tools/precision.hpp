#pragma once

#include <span>
#include <string_view>

#include "engine/backend.hpp"

namespace lenet {

/// "fp32", "tf32", "bf16": what --precision takes.
std::span<const std::string_view> precision_names();
std::string_view precision_name(Precision precision);

/// Of a name that is one of them.
Precision parse_precision(std::string_view name);

/// Throws UsageError if the device does not compute in it: the CPU knows fp32 alone.
void require_precision(std::string_view name, const DeviceInfo& device);

}  // namespace lenet
