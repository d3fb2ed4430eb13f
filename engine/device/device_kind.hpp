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
  std::string unusable;  ///< the reason why open() would fail; empty if usable
};

/// The devices of one kind on this machine.
struct Probe {
  std::vector<FoundDevice> devices;  ///< in the order of their indices
  std::string absence;               ///< why none was found; empty if that is no surprise
  bool has_driver = true;            ///< false if the machine has no driver for this kind
};

struct OpenOptions {
  int threads = 0;  ///< CPU threads; 0: OMP_NUM_THREADS, or else one per core
};

/// A kind of device: an entry of the registry in devices.cpp.
struct DeviceKind {
  std::string_view name;   ///< the value for --device: "cuda"
  std::string_view title;  ///< the name in messages: "CUDA"
  bool numbered = false;   ///< has an index ("cuda:1" is the second); else there is always exactly one
  /// Finds the devices of this kind without initialising them. Does not throw if there is none.
  Probe (*probe)() = nullptr;
  /// Opens device `index`. Throws DeviceError if it is unusable.
  std::unique_ptr<Backend> (*open)(int index, const OpenOptions& options) = nullptr;
};

}  // namespace lenet::device
