#pragma once

#include <cuda_runtime_api.h>
#include <string>
#include <string_view>

/// The GPUs that the CUDA code of this build runs on.
namespace lenet::cuda {

struct ComputeCapability {
  int major = 0, minor = 0;
};

/// Whether code built for `architectures` (a value of CMAKE_CUDA_ARCHITECTURES: "80-real;90") runs on a
/// device: machine code runs within its major version, PTX on every later one. Names without a number
/// ("native", "all") count as all architectures.
bool runs_on(std::string_view architectures, ComputeCapability device);

/// Returns why this build's code does not run on device number `index`; empty if it does.
std::string why_no_code(int index, const cudaDeviceProp& device);

}  // namespace lenet::cuda
