#pragma once

#include <cuda_runtime_api.h>
#include <source_location>
#include <string>

namespace lenet::cuda {

/// Throws a DeviceError: "CUDA: out of memory (cudaMalloc in memory.cpp:42)".
[[noreturn]] void fail(const char* library, const std::string& message, std::string call,
                       const std::source_location& place);

/// Returns what CUDA says of a kernel that broke earlier, for the message of a library whose call failed
/// for it: ": an illegal memory access was encountered, in a kernel …". Empty if none did. Clears CUDA's last
/// error.
std::string broken_kernel();

/// Throws a DeviceError with the call, CUDA's own message and the place unless the status is success. Clears
/// CUDA's last error, so that a later call does not report it again. check_cudnn.hpp and check_cublas.hpp
/// have the overloads for cuDNN and cuBLAS.
void check(cudaError_t status, const char* call,
           std::source_location place = std::source_location::current());

}  // namespace lenet::cuda

/// Wraps every call into CUDA, cuBLAS and cuDNN: LENET_CHECK(cudaSetDevice(0)).
#define LENET_CHECK(call) ::lenet::cuda::check((call), #call)
