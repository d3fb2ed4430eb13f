#include "engine/cuda/runtime/device.hpp"

#include <cudnn.h>

#include "engine/core/error.hpp"
#include "engine/core/text.hpp"
#include "engine/cuda/libraries/check_cudnn.hpp"
#include "engine/cuda/runtime/device_count.hpp"

namespace lenet::cuda {
namespace {

std::string description(const cudaDeviceProp& device, int driver) {
  return std::string(device.name) + ", " + bytes_text(static_cast<std::int64_t>(device.totalGlobalMem)) +
         ", compute capability " + std::to_string(device.major) + "." + std::to_string(device.minor) +
         ", driver for CUDA " + cuda_version_text(driver) + ", cuDNN " +
         cudnn_version_text(static_cast<std::int64_t>(cudnnGetVersion()));
}

device::FoundDevice look_at(int index, int driver) {
  cudaDeviceProp device{};
  LENET_CHECK(cudaGetDeviceProperties(&device, index));
  device::FoundDevice found{
      .info = {.name = "cuda:" + std::to_string(index), .description = description(device, driver)},
      .unusable = ""};
  const std::string cudnn = why_no_cudnn(static_cast<std::int64_t>(cudnnGetVersion()), CUDNN_VERSION);
  found.unusable = why_no_code(index, device);
  if (found.unusable.empty() && !cudnn.empty())
    found.unusable = found.info.name + " cannot be used: " + cudnn;
  return found;
}

}  // namespace

std::string cudnn_version_text(std::int64_t version) {
  return std::to_string(version / 10000) + "." + std::to_string(version % 10000 / 100) + "." +
         std::to_string(version % 100);
}

std::string why_no_cudnn(std::int64_t loaded, std::int64_t built) {
  // Within a major version a later minor one has all functions of an earlier one; patches add none.
  if (loaded / 100 >= built / 100 && loaded / 10000 == built / 10000) return "";
  return "cuDNN " + cudnn_version_text(loaded) + " was found, and this program was built with " +
         cudnn_version_text(built) + ": install cuDNN " + cudnn_version_text(built) +
         " or a later one of that major version";
}

std::vector<device::FoundDevice> list_devices() {
  const DeviceCount found = count_devices();
  std::vector<device::FoundDevice> devices;
  for (int index = 0; index < found.count; ++index) devices.push_back(look_at(index, found.driver));
  return devices;
}

DeviceInfo open_device(int index) {
  const std::vector<device::FoundDevice> devices = list_devices();
  const int count = static_cast<int>(devices.size());
  if (index >= count) throw DeviceError(no_such_device(index, count));
  const device::FoundDevice& device = devices[static_cast<std::size_t>(index)];
  if (!device.unusable.empty()) throw DeviceError(device.unusable);
  try {
    LENET_CHECK(cudaSetDevice(index));
    LENET_CHECK(cudaFree(nullptr));  // makes the context
  } catch (const DeviceError& error) {
    throw DeviceError(device.info.name + " (" + device.info.description +
                      ") cannot be opened: " + error.what());
  }
  return device.info;
}

ComputeCapability compute_capability(int index) {
  ComputeCapability found;
  LENET_CHECK(cudaDeviceGetAttribute(&found.major, cudaDevAttrComputeCapabilityMajor, index));
  LENET_CHECK(cudaDeviceGetAttribute(&found.minor, cudaDevAttrComputeCapabilityMinor, index));
  return found;
}

}  // namespace lenet::cuda
