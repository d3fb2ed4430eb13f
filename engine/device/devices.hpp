#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/backend.hpp"

namespace lenet::device {

/// What `--device` asks for.
struct DeviceChoice {
  enum class Kind { automatic, cpu, cuda };
  Kind kind = Kind::automatic;
  int index = 0;  ///< of the CUDA device, among those that CUDA_VISIBLE_DEVICES leaves
};

/// Reads auto | cpu | cuda | cuda:N | N. Throws UsageError for anything else.
DeviceChoice parse_device(std::string_view text);

/// A backend, and why it is not the one that `auto` would rather have had.
struct OpenedBackend {
  std::unique_ptr<Backend> backend;
  std::string fallback_reason;  ///< empty unless `auto` fell back to the CPU where a GPU might have been

  /// What to tell the user of that: a line, or nothing.
  std::string notice() const;
};

/// Opens the device. `threads` counts the CPU's, at most one a core; 0 for as many. A CUDA device that is
/// asked for by name and cannot be used is a DeviceError; only `automatic` falls back to the CPU.
OpenedBackend open_backend(const DeviceChoice& choice, int threads);

/// Every device that open_backend could open here.
std::vector<DeviceInfo> list_devices();

/// One line for each CUDA device that cannot be used, or for what keeps all of them from being used; nothing
/// where CUDA was never to be expected: no GPU and no CUDA backend.
std::vector<std::string> why_no_cuda();

}  // namespace lenet::device
