#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/backend.hpp"
#include "engine/device/device_kind.hpp"

namespace lenet::device {

/// The device that `--device` asks for.
struct DeviceChoice {
  const DeviceKind* kind = nullptr;  ///< null: the best that is usable, `auto`
  int index = 0;                     ///< among the devices of its kind
};

/// Reads `auto`, the name of a kind ("cpu"), one with a number ("cuda:1"), or a number alone, which is that
/// of the kind that `auto` prefers. Throws UsageError for anything else.
DeviceChoice parse_device(std::string_view text);

/// "auto, cpu, cuda, cuda:N or N"
const std::string& device_syntax();
/// "auto", then the name of each kind.
std::span<const std::string_view> device_names();

/// A backend, and why it is not the one that `auto` prefers.
struct OpenedBackend {
  std::unique_ptr<Backend> backend;
  std::string fallback_reason = {};  ///< empty unless `auto` fell back where a better device was possible
  std::string_view title = {};       ///< of the backend's kind
  bool has_driver = false;           ///< the machine has the driver of the better device

  /// Returns the line that tells the user of the fallback, or the empty text.
  std::string notice() const;
};

/// Opens the device. Throws DeviceError if one that is asked for by name cannot be used; only `auto` falls
/// back to another.
OpenedBackend open_backend(const DeviceChoice& choice, const OpenOptions& options);

/// Returns every device that open_backend could open here.
std::vector<DeviceInfo> list_devices();

/// Returns one line per device that cannot be used, or per kind of which there is none; no line for a kind
/// that was never to be expected here.
std::vector<std::string> unusable_devices();

}  // namespace lenet::device
