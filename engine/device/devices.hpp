#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/backend.hpp"
#include "engine/device/device_kind.hpp"

namespace lenet::device {

/// The device that --device selects.
struct DeviceChoice {
  const DeviceKind* kind = nullptr;  ///< null if `auto`: the best usable device
  int index = 0;                     ///< index within its kind
};

/// Parses "auto", a kind ("cpu"), a kind and an index ("cuda:1"), or an index alone, which belongs to the
/// kind that `auto` prefers. Throws UsageError for anything else.
DeviceChoice parse_device(std::string_view text);

/// Returns "auto, cpu, cuda, cuda:N or N".
const std::string& device_syntax();
/// Returns "auto" and the name of each kind.
std::span<const std::string_view> device_names();

/// An open backend and, if `auto` could not open a better device, the reason.
struct OpenedBackend {
  std::unique_ptr<Backend> backend;
  std::string fallback_reason = {};  ///< empty unless `auto` fell back from a device that could be expected
  std::string_view title = {};       ///< the title of the backend's kind
  bool has_driver = false;           ///< the machine has the driver for the better device

  /// Returns the line that informs the user of the fallback; empty if there was none.
  std::string notice() const;
};

/// Opens a device. Only `auto` falls back to another one; throws DeviceError if a device selected by name
/// cannot be used.
OpenedBackend open_backend(const DeviceChoice& choice, const OpenOptions& options);

/// Returns all usable devices of this machine.
std::vector<DeviceInfo> list_devices();

/// Returns the reasons for missing devices: one line per unusable device, and one per kind of which there is
/// no device although one could be expected.
std::vector<std::string> unusable_devices();

}  // namespace lenet::device
