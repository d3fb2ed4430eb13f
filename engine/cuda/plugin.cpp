#include "engine/device/plugin.hpp"

#include "engine/cuda/backend.hpp"
#include "engine/cuda/runtime/device.hpp"

extern "C" __attribute__((visibility("default"))) const lenet::device::CudaPlugin* lenet_cuda_plugin() {
  static constexpr lenet::device::CudaPlugin plugin{.stamp = lenet::device::kPluginStamp,
                                                    .list = lenet::cuda::list_devices,
                                                    .open = lenet::cuda::make_backend};
  return &plugin;
}
