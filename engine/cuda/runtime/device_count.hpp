#pragma once

#include <string>

/// The number of CUDA devices, and messages if there is none. Needs CUDA's runtime only, not cuDNN. The
/// messages are functions of plain numbers, so that they can be tested without a GPU.
namespace lenet::cuda {

/// 13000 → "13.0": CUDA's version numbers.
std::string cuda_version_text(int version);
/// Returns why there is no device; empty if there is one.
struct DeviceCount {
  int count = 0;
  int error = 0;                  ///< cudaError_t of cudaGetDeviceCount
  std::string error_text;         ///< CUDA's own message
  int driver = 0;                 ///< newest CUDA version that the driver supports; 0 without a driver
  int runtime = 0;                ///< the CUDA version that this program was built with
  const char* visible = nullptr;  ///< CUDA_VISIBLE_DEVICES, or null
};
std::string why_no_device(const DeviceCount& found);

/// Returns why there is no device number `index`; `count` is positive.
std::string no_such_device(int index, int count);

/// Returns the number of devices that this process may see. Throws DeviceError if there is none.
DeviceCount count_devices();

}  // namespace lenet::cuda
