#pragma once

#include "engine/device/plugin.hpp"

namespace lenet::device {

/// Whether the CUDA backend was built and lies where it is looked for: in the folder LENET_PLUGIN_DIR or, if
/// that is not set, beside the program.
bool has_cuda_plugin();

/// Whether an NVIDIA driver is installed. Cheap: loads nothing but the driver's own library.
bool has_nvidia_driver();

/// The CUDA backend, loaded when it is first asked for and never unloaded. Throws DeviceError: it is not
/// there, a library that it needs is missing or too old, or it belongs to another build.
const CudaPlugin& cuda_plugin();

}  // namespace lenet::device
