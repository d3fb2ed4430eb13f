#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/backend.hpp"

namespace lenet::device {

/// A device that a probe found.
struct FoundDevice {
  DeviceInfo info;
  std::string unusable;  ///< why open() would refuse it; empty if it would not
};

/// The devices of one kind on this machine.
struct Probe {
  std::vector<FoundDevice> devices;  ///< by index
  std::string absence;               ///< why none was found; empty also where none was to be expected
  bool has_driver = true;  ///< false on a machine where nobody expects this kind of device to be used
};

struct OpenOptions {
  int threads = 0;  ///< of the CPU, at most one per core; 0: as many as that
};

/// A kind of device: one entry of the registry in devices.cpp.
struct DeviceKind {
  std::string_view name;   ///< as `--device` takes it: "cuda"
  std::string_view title;  ///< as messages name it: "CUDA"
  bool numbered = false;   ///< "cuda:1" names the second; otherwise there is always exactly one
  /// Looks for the devices without preparing any for work. Does not throw if there is none.
  Probe (*probe)() = nullptr;
  /// Opens the device number `index`. Throws DeviceError.
  std::unique_ptr<Backend> (*open)(int index, const OpenOptions& options) = nullptr;
};

}  // namespace lenet::device
