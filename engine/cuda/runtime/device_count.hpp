#pragma once

#include <string>

/// How many CUDA devices there are, and in words why there are none: of CUDA's runtime alone, without cuDNN.
/// The words are functions of plain numbers, so that they are tested where there is no GPU.
namespace lenet::cuda {

/// 13000 → "13.0", as CUDA counts its versions.
std::string cuda_version_text(int version);
/// Why there is no device, or the empty text if there is one.
struct DeviceCount {
  int count = 0;
  int error = 0;                  ///< cudaError_t of cudaGetDeviceCount
  std::string error_text;         ///< CUDA's own words for it
  int driver = 0;                 ///< the CUDA version that the driver is for; 0: there is no driver
  int runtime = 0;                ///< the CUDA version that this program was built with
  const char* visible = nullptr;  ///< CUDA_VISIBLE_DEVICES, or null
};
std::string why_no_device(const DeviceCount& found);

/// Why there is no device number `index`; `count` is positive.
std::string no_such_device(int index, int count);

/// The devices that this process may see. Throws DeviceError if there is none.
DeviceCount count_devices();

}  // namespace lenet::cuda
