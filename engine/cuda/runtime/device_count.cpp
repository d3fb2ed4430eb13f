#include "engine/cuda/runtime/device_count.hpp"

#include <cstdlib>
#include <cuda_runtime_api.h>

#include "engine/core/error.hpp"

namespace lenet::cuda {

std::string cuda_version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

std::string why_no_device(const DeviceCount& found) {
  if (found.driver == 0) return "no NVIDIA driver is installed, or it is not running: see nvidia-smi";
  if (found.error == cudaErrorInsufficientDriver)
    return "the NVIDIA driver is for CUDA " + cuda_version_text(found.driver) + ", and this program needs " +
           cuda_version_text(found.runtime) + ": install a later driver";
  if (found.error != cudaSuccess && found.error != cudaErrorNoDevice)
    return "CUDA does not start: " + found.error_text + ": see nvidia-smi";
  if (found.count > 0) return "";
  if (found.visible)
    return std::string("no NVIDIA GPU is visible: CUDA_VISIBLE_DEVICES is '") + found.visible +
           "': unset it, or name one that nvidia-smi -L lists";
  return "an NVIDIA driver is installed, but it finds no GPU: see nvidia-smi";
}

std::string no_such_device(int index, int count) {
  const std::string last = "cuda:" + std::to_string(count - 1);
  return "there is no device cuda:" + std::to_string(index) + ": use " +
         (count == 1 ? last + ", the only one" : "one from cuda:0 to " + last);
}

DeviceCount count_devices() {
  DeviceCount found{.visible = std::getenv("CUDA_VISIBLE_DEVICES")};
  const cudaError_t status = cudaGetDeviceCount(&found.count);
  cudaGetLastError();
  found.error = status;
  found.error_text = cudaGetErrorString(status);
  cudaDriverGetVersion(&found.driver);
  cudaRuntimeGetVersion(&found.runtime);
  if (const std::string why = why_no_device(found); !why.empty()) throw DeviceError(why);
  return found;
}

}  // namespace lenet::cuda
