#pragma once

#include <cuda_runtime_api.h>
#include <string>
#include <string_view>

/// Which GPUs the program's CUDA code was built for.
namespace lenet::cuda {

struct ComputeCapability {
  int major = 0, minor = 0;
};

/// Whether code that was built for `architectures` (as CMAKE_CUDA_ARCHITECTURES has them: "80-real;90") runs
/// on such a device: machine code within its major version, PTX on everything later. Names that tell no
/// number ("native", "all") count as everything.
bool runs_on(std::string_view architectures, ComputeCapability device);

/// Why this build's code does not run on device number `index`, or the empty text.
std::string why_no_code(int index, const cudaDeviceProp& device);

}  // namespace lenet::cuda
