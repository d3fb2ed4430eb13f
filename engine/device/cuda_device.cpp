#include "engine/device/cuda_device.hpp"

#include <cstring>
#include <dlfcn.h>
#include <filesystem>
#include <string>
#include <system_error>

#include "engine/core/error.hpp"
#include "engine/core/plugin.hpp"
#include "engine/device/plugin.hpp"

namespace lenet::device {
namespace {

bool is_file(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);
}

/// Returns advice for the dynamic linker's message, which most often names a missing library.
std::string advice(const std::string& message, const std::filesystem::path& path) {
  const bool older =
      message.find("undefined symbol") != std::string::npos || message.find("version `") != std::string::npos;
  if (older) return "install the cuDNN, cuBLAS and NVRTC that it was built with, or later ones";
  if (message.starts_with(path.string())) return "build it again";
  return "install cuDNN, cuBLAS and NVRTC, or put their folders into LD_LIBRARY_PATH";
}

const CudaPlugin& load(const std::filesystem::path& path) {
  if (!is_file(path))
    throw DeviceError("there is no CUDA backend: " + path.string() +
                      " is no file: use --device cpu, or build with the CUDA Toolkit and cuDNN installed" +
                      (plugin_folder_of_the_user().empty() ? "" : ", or look at LENET_PLUGIN_DIR"));
  const CudaPlugin* plugin = nullptr;
  try {
    // Never unloaded, even if the check below fails: CUDA's libraries do not survive unloading.
    plugin = static_cast<const CudaPlugin*>(load_plugin(path, kCudaPluginEntry));
  } catch (const Error& error) {
    const std::string message = error.what();
    throw DeviceError("the CUDA backend cannot be loaded: " + message + ": " + advice(message, path));
  }
  if (!plugin || std::strcmp(plugin->stamp, kPluginStamp) != 0)
    throw DeviceError(path.string() + " belongs to another build of lenet (" +
                      (plugin ? plugin->stamp : "no stamp") + ", expected " + kPluginStamp +
                      "): build both together");
  return *plugin;
}

/// Cheap: loads only the driver's library.
bool has_nvidia_driver() {
  static const bool found = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL) != nullptr;
  return found;
}

const CudaPlugin& cuda_plugin() {
  static const CudaPlugin* const plugin =
      &load(plugin_path(kCudaPluginFile));  // retried by the next call if it throws
  return *plugin;
}

}  // namespace

Probe probe_cuda() {
  const bool driver = has_nvidia_driver();
  if (!is_file(plugin_path(kCudaPluginFile)))
    return {.absence = driver ? "an NVIDIA driver is installed, but this build has no CUDA backend: build it "
                                "with the CUDA Toolkit and cuDNN installed"
                              : "",
            .has_driver = driver};
  if (!driver) return {.absence = "no NVIDIA driver is installed: a GPU needs one", .has_driver = false};
  try {
    return {.devices = cuda_plugin().list()};
  } catch (const DeviceError& error) {
    return {.absence = error.what()};
  }
}

std::unique_ptr<Backend> open_cuda(int index, const OpenOptions&) { return cuda_plugin().open(index); }

}  // namespace lenet::device
