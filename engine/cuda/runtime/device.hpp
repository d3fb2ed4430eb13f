#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/cuda/runtime/architecture.hpp"
#include "engine/device/plugin.hpp"

/// The CUDA devices of this machine, and messages about those that cannot be used.
namespace lenet::cuda {

/// 91900 → "9.19.0": cuDNN 9's version numbers.
std::string cudnn_version_text(std::int64_t version);

/// Returns why the loaded cuDNN cannot serve a program built with version `built`; empty if it can.
std::string why_no_cudnn(std::int64_t loaded, std::int64_t built);

/// Returns all devices that this process may see. Throws DeviceError if there is none.
std::vector<device::FoundDevice> list_devices();

/// Makes `index` this thread's device and initializes it, so that problems with it show now. Throws
/// DeviceError.
DeviceInfo open_device(int index);

ComputeCapability compute_capability(int index);

}  // namespace lenet::cuda
