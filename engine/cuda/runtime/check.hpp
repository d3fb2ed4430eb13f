#pragma once

#include <cuda_runtime_api.h>
#include <source_location>
#include <string>

namespace lenet::cuda {

/// Throws a DeviceError: "CUDA: out of memory (cudaMalloc in memory.cpp:42)".
[[noreturn]] void fail(const char* library, const std::string& message, std::string call,
                       const std::source_location& place);

/// Throws a DeviceError with the call, CUDA's own message and the place unless the status is success. CUDA's
/// last error is cleared, so that it does not turn up again somewhere else. cuDNN and cuBLAS have such a
/// function each: check_cudnn.hpp, check_cublas.hpp.
void check(cudaError_t status, const char* call,
           std::source_location place = std::source_location::current());

}  // namespace lenet::cuda

/// LENET_CHECK(cudaSetDevice(0)): every call into CUDA, cuBLAS or cuDNN stands in one of these.
#define LENET_CHECK(call) ::lenet::cuda::check((call), #call)
