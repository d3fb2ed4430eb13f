#pragma once

#include "engine/device/device_kind.hpp"

namespace lenet::device {

/// Checks for the driver and the plugin before it loads the backend, which takes 0.1 s that a program on the
/// CPU need not spend.
Probe probe_cuda();

/// Opens a CUDA device. The first call loads the backend, from the folder LENET_PLUGIN_DIR if set, else from
/// the program's folder; it is never unloaded. Throws DeviceError if the plugin is missing or belongs to
/// another build, if a library that it needs is missing or too old, or if the device is unusable.
std::unique_ptr<Backend> open_cuda(int index, const OpenOptions& options);

inline constexpr DeviceKind kCuda{
    .name = "cuda", .title = "CUDA", .numbered = true, .probe = probe_cuda, .open = open_cuda};

}  // namespace lenet::device
