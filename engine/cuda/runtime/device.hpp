#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/cuda/runtime/architecture.hpp"
#include "engine/device/plugin.hpp"

/// What CUDA devices there are, and in words what is wrong with those that are no use.
namespace lenet::cuda {

/// 91900 → "9.19.0", as cuDNN 9 counts them.
std::string cudnn_version_text(std::int64_t version);

/// Why the cuDNN that was loaded is no use to a program built with `built`, or the empty text.
std::string why_no_cudnn(std::int64_t loaded, std::int64_t built);

/// All devices that this process may see. Throws DeviceError if there is none.
std::vector<device::FoundDevice> list_devices();

/// Makes `index` this thread's device and prepares it, so that what can be wrong with it is told now. Throws
/// DeviceError.
DeviceInfo open_device(int index);

ComputeCapability compute_capability(int index);

}  // namespace lenet::cuda
