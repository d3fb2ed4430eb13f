#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/device/device_kind.hpp"

/// The interface between the programs and the CUDA backend, which is a plugin (engine/core/plugin.hpp)
/// because a program that is linked to cuDNN does not start on a machine without cuDNN. A program loads it
/// when a CUDA device is requested.
namespace lenet::device {

inline constexpr const char* kCudaPluginFile = "liblenet_cuda.so";

/// The function table that the library's only exported function returns.
struct CudaPlugin {
  const char* stamp = nullptr;  ///< kPluginStamp of the library's build

  /// Returns the CUDA devices visible to this process. Throws DeviceError if there is no device or no usable
  /// driver.
  std::vector<FoundDevice> (*list)() = nullptr;
  /// Opens device `index`. Throws DeviceError if it is unusable.
  std::unique_ptr<Backend> (*open)(int index) = nullptr;
};

/// Increase by one whenever a change to this file, backend.hpp or their includes makes old plugins
/// incompatible.
#define LENET_PLUGIN_ABI "3"

/// Includes the compiler's version because standard library types cross the interface.
inline constexpr const char* kPluginStamp = "lenet plugin " LENET_PLUGIN_ABI ", compiler " __VERSION__;

/// Name of the exported function, which returns a CudaPlugin.
inline constexpr const char* kCudaPluginEntry = "lenet_cuda_plugin";

}  // namespace lenet::device
