#pragma once

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

/// Why this build's code does not run on a device that is called `device`, or the empty text.
std::string why_no_code(const std::string& device, ComputeCapability capability);

}  // namespace lenet::cuda
