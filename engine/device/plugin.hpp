#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/device/device_kind.hpp"

/// The border between the programs and the CUDA backend, which is in a shared library of its own: a program
/// that was linked to cuDNN would not start where there is none. The library is loaded when a CUDA device is
/// asked for, from next to the program, and never unloaded. Both sides are built together, from the same
/// sources by the same compiler, so C++ objects and exceptions may cross; the stamp is there to notice when
/// the file next to a program is another build's.
namespace lenet::device {

inline constexpr const char* kCudaPluginFile = "liblenet_cuda.so";

/// The table that the library's one exported function returns.
struct CudaPlugin {
  const char* stamp = nullptr;  ///< kPluginStamp of the build that the library belongs to

  /// Every CUDA device that this process may see. Throws DeviceError if there is none, or no usable driver.
  std::vector<FoundDevice> (*list)() = nullptr;
  /// The backend of device number `index`. Throws DeviceError.
  std::unique_ptr<Backend> (*open)(int index) = nullptr;
};

/// Grows by one whenever this file, backend.hpp or what they include changes in a way that both sides must
/// agree on.
#define LENET_PLUGIN_ABI "2"

/// The compiler belongs to it: standard library types cross the border.
inline constexpr const char* kPluginStamp = "lenet plugin " LENET_PLUGIN_ABI ", compiler " __VERSION__;

/// The name and the type of the exported function.
inline constexpr const char* kCudaPluginEntry = "lenet_cuda_plugin";
using CudaPluginEntry = const CudaPlugin* (*)();

}  // namespace lenet::device
