#include "engine/device/devices.hpp"

#include <algorithm>
#include <array>
#include <ranges>

#include "engine/core/error.hpp"
#include "engine/core/number.hpp"
#include "engine/core/text.hpp"
#include "engine/cpu/cpu_backend.hpp"
#include "engine/device/cuda_device.hpp"

namespace lenet::device {
namespace {

constexpr DeviceKind kCpu{
    .name = "cpu",
    .title = "CPU",
    .numbered = false,
    .probe = [] { return Probe{.devices = {{.info = cpu::make_backend({})->info()}}}; },
    .open = [](int, const OpenOptions& options) { return cpu::make_backend({.threads = options.threads}); },
};

/// The registry, in the order of lists and help. `auto` prefers later kinds; the first always has a device.
constexpr std::array kKinds = {kCpu, kCuda};

constexpr auto kNames = [] {
  std::array<std::string_view, kKinds.size() + 1> names = {"auto"};
  std::ranges::transform(kKinds, names.begin() + 1, &DeviceKind::name);
  return names;
}();

std::string make_syntax() {
  std::vector<std::string> forms = {"auto"};
  for (const DeviceKind& kind : kKinds) {
    forms.emplace_back(kind.name);
    if (kind.numbered) forms.push_back(std::string(kind.name) + ":N");
  }
  forms.emplace_back("N");
  return list_of(std::vector<std::string_view>(forms.begin(), forms.end()));
}

OpenedBackend open_best(const OpenOptions& options) {
  std::string reason;
  bool has_driver = false;
  for (const DeviceKind& kind : kKinds | std::views::reverse) {
    if (!kind.numbered) return {kind.open(0, options), reason, kind.title, has_driver};
    const Probe probe = kind.probe();
    std::string refusal = probe.absence;
    for (std::size_t index = 0; index < probe.devices.size(); ++index) {
      try {
        refusal = probe.devices[index].unusable;
        if (refusal.empty())
          return {kind.open(static_cast<int>(index), options), reason, kind.title, has_driver};
      } catch (const DeviceError& error) {
        refusal = error.what();
      }
    }
    if (reason.empty()) reason = refusal;
    has_driver = has_driver || probe.has_driver;
  }
  throw DeviceError("no device can be used: " + reason);
}

}  // namespace

DeviceChoice parse_device(std::string_view text) {
  if (text == kNames.front()) return {};
  for (const DeviceKind& kind : kKinds | std::views::reverse) {
    if (text == kind.name) return {.kind = &kind};
    if (!kind.numbered) continue;
    const bool named = text.starts_with(kind.name) && text.substr(kind.name.size()).starts_with(':');
    const auto index = parse_number<int>(named ? text.substr(kind.name.size() + 1) : text);
    if (index && *index >= 0) return {.kind = &kind, .index = *index};
  }
  throw UsageError("unknown device '" + shortened(text) + "': expected " + device_syntax());
}

const std::string& device_syntax() {
  static const std::string syntax = make_syntax();
  return syntax;
}

std::span<const std::string_view> device_names() { return kNames; }

std::string OpenedBackend::notice() const {
  return fallback_reason.empty() ? "" : "using the " + std::string(title) + ": " + fallback_reason + "\n";
}

OpenedBackend open_backend(const DeviceChoice& choice, const OpenOptions& options) {
  if (!choice.kind) return open_best(options);
  return {.backend = choice.kind->open(choice.index, options), .title = choice.kind->title};
}

std::vector<DeviceInfo> list_devices() {
  std::vector<DeviceInfo> usable;
  for (const DeviceKind& kind : kKinds)
    for (FoundDevice& device : kind.probe().devices)
      if (device.unusable.empty()) usable.push_back(std::move(device.info));
  return usable;
}

std::vector<std::string> unusable_devices() {
  std::vector<std::string> lines;
  for (const DeviceKind& kind : kKinds) {
    const Probe probe = kind.probe();
    if (!probe.absence.empty())
      lines.push_back("no " + std::string(kind.title) + " device: " + probe.absence);
    for (const FoundDevice& device : probe.devices)
      if (!device.unusable.empty()) lines.push_back(device.unusable);
  }
  return lines;
}

}  // namespace lenet::device
