#include "tools/precision.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "engine/core/error.hpp"

namespace lenet {
namespace {

constexpr std::array<std::string_view, 3> kNames = {"fp32", "tf32", "bf16"};  // in the enumeration's order

}  // namespace

std::span<const std::string_view> precision_names() { return kNames; }

std::string_view precision_name(Precision precision) { return kNames[static_cast<std::size_t>(precision)]; }

Precision parse_precision(std::string_view name) {
  return static_cast<Precision>(std::ranges::find(kNames, name) - kNames.begin());
}

void require_precision(std::string_view name, const DeviceInfo& device) {
  if (device.name == "cpu" && name != "fp32")
    throw UsageError(
        fmt::format("--precision {} needs an NVIDIA GPU, and the device is the CPU: use fp32", name));
}

}  // namespace lenet
