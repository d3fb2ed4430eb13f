#pragma once

#include <cublasLt.h>
#include <cuda_runtime_api.h>
#include <cudnn.h>
#include <source_location>

namespace lenet::cuda {

/// Throw a DeviceError with the call, the library's own message and the place unless the status is success.
/// CUDA's last error is cleared, so that it does not turn up again somewhere else.
void check(cudaError_t status, const char* call,
           std::source_location place = std::source_location::current());
void check(cublasStatus_t status, const char* call,
           std::source_location place = std::source_location::current());
void check(cudnnStatus_t status, const char* call,
           std::source_location place = std::source_location::current());

}  // namespace lenet::cuda

/// LENET_CHECK(cudaSetDevice(0)): every call into CUDA, cuBLAS or cuDNN stands in one of these.
#define LENET_CHECK(call) ::lenet::cuda::check((call), #call)
