#include "engine/cuda/check.hpp"

#include <filesystem>
#include <string>

#include "engine/core/error.hpp"

namespace lenet::cuda {
namespace {

/// "CUDA: out of memory (cudaMalloc in memory.cpp:42)"
[[noreturn]] void fail(const char* library, const std::string& message, std::string call,
                       const std::source_location& place) {
  call = call.substr(0, call.find('('));
  throw DeviceError(std::string(library) + ": " + message + " (" + call + " in " +
                    std::filesystem::path(place.file_name()).filename().string() + ":" +
                    std::to_string(place.line()) + ")");
}

}  // namespace

void check(cudaError_t status, const char* call, std::source_location place) {
  if (status == cudaSuccess) return;
  cudaGetLastError();
  fail("CUDA", cudaGetErrorString(status), call, place);
}

void check(cublasStatus_t status, const char* call, std::source_location place) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  fail("cuBLAS", cublasLtGetStatusString(status), call, place);
}

void check(cudnnStatus_t status, const char* call, std::source_location place) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  char detail[256] = "";
  cudnnGetLastErrorString(detail, sizeof detail);
  std::string message = cudnnGetErrorString(status);
  if (*detail) message += std::string(": ") + detail;
  fail("cuDNN", message.substr(0, message.find('\n')), call, place);
}

}  // namespace lenet::cuda
