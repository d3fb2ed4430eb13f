#pragma once

#include "engine/device/device_kind.hpp"

namespace lenet::device {

/// Looks for a driver and a plugin before it loads anything: loading the backend would cost a program that
/// runs on the CPU 0.1 s.
Probe probe_cuda();

/// Loads the CUDA backend when it is first asked for, from the folder LENET_PLUGIN_DIR or, if that is not
/// set, from next to the program; never unloads it. Throws DeviceError: it is not there, a library that it
/// needs is missing or too old, it belongs to another build, or the device is unusable.
std::unique_ptr<Backend> open_cuda(int index, const OpenOptions& options);

inline constexpr DeviceKind kCuda{
    .name = "cuda", .title = "CUDA", .numbered = true, .probe = probe_cuda, .open = open_cuda};

}  // namespace lenet::device
