#pragma once

#include <cstddef>
#include <cuda_runtime_api.h>
#include <functional>
#include <span>

#include "engine/cuda/runtime/memory.hpp"

namespace lenet::cuda {

/// Queues one way to do the work on the stream that autotune() is given. Returns false if it cannot run.
using Candidate = std::function<bool()>;

/// Returns the index of the candidate that takes the device the least time, with a cold L2 cache as in a
/// step. Throws DeviceError if none runs.
std::size_t autotune(cudaStream_t stream, std::span<const Candidate> candidates);

/// Returns numbers in (-1, 1), what candidates work on: products of zeros take less power, and so less time.
/// The memory holds `count` numbers in float32, or twice as many in bf16: the halves of each are alike.
DeviceBuffer random_numbers(DeviceMemory& memory, std::size_t count, cudaStream_t stream);

}  // namespace lenet::cuda
