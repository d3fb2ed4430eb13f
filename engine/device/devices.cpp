#include "engine/device/devices.hpp"

#include <charconv>
#include <string>

#include "engine/core/error.hpp"
#include "engine/cpu/cpu_backend.hpp"
#include "engine/device/plugin_loader.hpp"

namespace lenet::device {
namespace {

int parse_index(std::string_view digits, std::string_view whole) {
  int index = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (error != std::errc{} || end != digits.data() + digits.size() || index < 0)
    throw UsageError("unknown device '" + std::string(whole) + "': expected auto, cpu, cuda, cuda:N or N");
  return index;
}

/// The CUDA devices of this machine, and what is wrong with those that are no use.
struct CudaDevices {
  std::vector<PluginDevice> seen;
  std::string absence;  ///< why none was seen; empty also where none was to be expected
};

/// Does not load the backend where there is no driver: that would cost a program that runs on the CPU 0.1 s.
CudaDevices find_cuda_devices() {
  const bool driver = has_nvidia_driver();
  if (!has_cuda_plugin())
    return {.absence = driver ? "an NVIDIA driver is installed, but this build has no CUDA backend: build "
                                "it with the CUDA Toolkit and cuDNN installed"
                              : ""};
  if (!driver) return {.absence = "no NVIDIA driver is installed: a GPU needs one"};
  try {
    return {.seen = cuda_plugin().list()};
  } catch (const DeviceError& error) {
    return {.absence = error.what()};
  }
}

OpenedBackend open_best(int threads) {
  const CudaDevices cuda = find_cuda_devices();
  std::string reason = cuda.absence;
  for (std::size_t index = 0; index < cuda.seen.size(); ++index) {
    try {
      if (cuda.seen[index].unusable.empty()) return {.backend = cuda_plugin().open(static_cast<int>(index))};
      reason = cuda.seen[index].unusable;
    } catch (const DeviceError& error) {
      reason = error.what();
    }
  }
  return {.backend = cpu::make_backend({.threads = threads}), .fallback_reason = reason};
}

}  // namespace

DeviceChoice parse_device(std::string_view text) {
  using Kind = DeviceChoice::Kind;
  if (text == "auto") return {.kind = Kind::automatic};
  if (text == "cpu") return {.kind = Kind::cpu};
  if (text == "cuda") return {.kind = Kind::cuda};
  const std::string_view digits = text.starts_with("cuda:") ? text.substr(5) : text;
  return {.kind = Kind::cuda, .index = parse_index(digits, text)};
}

std::string OpenedBackend::notice() const {
  return fallback_reason.empty() ? "" : "using the CPU: " + fallback_reason + "\n";
}

OpenedBackend open_backend(const DeviceChoice& choice, int threads) {
  if (choice.kind == DeviceChoice::Kind::automatic) return open_best(threads);
  if (choice.kind == DeviceChoice::Kind::cuda) return {.backend = cuda_plugin().open(choice.index)};
  return {.backend = cpu::make_backend({.threads = threads}), .fallback_reason = ""};
}

std::vector<DeviceInfo> list_devices() {
  std::vector<DeviceInfo> devices{cpu::make_backend({})->info()};
  const CudaDevices cuda = find_cuda_devices();
  for (const PluginDevice& device : cuda.seen)
    if (device.unusable.empty()) devices.push_back(device.info);
  return devices;
}

std::vector<std::string> why_no_cuda() {
  const CudaDevices cuda = find_cuda_devices();
  std::vector<std::string> lines;
  if (!cuda.absence.empty()) lines.push_back("no CUDA device: " + cuda.absence);
  for (const PluginDevice& device : cuda.seen)
    if (!device.unusable.empty()) lines.push_back(device.unusable);
  return lines;
}

}  // namespace lenet::device
