#pragma once

#include "engine/cpu/cpu_backend.hpp"
#include "engine/device/device_kind.hpp"

namespace lenet::device {

inline constexpr DeviceKind kCpu{
    .name = "cpu",
    .title = "CPU",
    .numbered = false,
    .probe = [] { return Probe{.devices = {{.info = cpu::make_backend({})->info()}}}; },
    .open = [](int, const OpenOptions& options) { return cpu::make_backend({.threads = options.threads}); },
};

}  // namespace lenet::device
