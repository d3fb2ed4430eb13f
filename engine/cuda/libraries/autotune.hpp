#pragma once

#include <cstddef>
#include <cuda_runtime_api.h>
#include <functional>
#include <span>

namespace lenet::cuda {

/// Queues one way to do the work on the stream that autotune() is given. Returns false if it cannot run.
using Candidate = std::function<bool()>;

/// Returns the index of the candidate that takes the device the least time. Throws DeviceError if none runs.
std::size_t autotune(cudaStream_t stream, std::span<const Candidate> candidates);

}  // namespace lenet::cuda
