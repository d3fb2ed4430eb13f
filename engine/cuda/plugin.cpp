#include "engine/device/plugin.hpp"

#include "engine/cuda/backend.hpp"
#include "engine/cuda/runtime/device.hpp"

extern "C" __attribute__((visibility("default"))) const lenet::CudaPlugin* lenet_cuda_plugin() {
  static constexpr lenet::CudaPlugin plugin{
      .stamp = lenet::kPluginStamp, .list = lenet::cuda::list_devices, .open = lenet::cuda::make_backend};
  return &plugin;
}
