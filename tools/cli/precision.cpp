#include "tools/cli/precision.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "engine/core/error.hpp"

namespace lenet::cli {

Precision parse_precision(std::string_view name) {
  return static_cast<Precision>(std::ranges::find(kPrecisionNames, name) - kPrecisionNames.begin());
}

Fused parse_fused(std::string_view name) {
  return static_cast<Fused>(std::ranges::find(kFusedNames, name) - kFusedNames.begin());
}

void require_precision(std::string_view name, const device::OpenedBackend& opened) {
  if (!opened.backend->info().on_host || name == "fp32") return;
  const std::string why = opened.fallback_reason.empty() ? "" : " (" + opened.fallback_reason + ")";
  throw UsageError(
      fmt::format("--precision {} needs an NVIDIA GPU, and the device is the CPU{}: use fp32", name, why));
}

}  // namespace lenet::cli
