#include "engine/cuda/runtime/check.hpp"

#include <filesystem>

#include "engine/core/error.hpp"

namespace lenet::cuda {
namespace {

/// Returns whether a kernel broke, which CUDA reports in whatever call comes next, and in all after that.
bool is_of_a_kernel(cudaError_t status) {
  switch (status) {
    case cudaErrorIllegalAddress:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorMisalignedAddress:
    case cudaErrorIllegalInstruction:
    case cudaErrorInvalidPc:
    case cudaErrorHardwareStackError:
    case cudaErrorLaunchFailure:
      return true;
    default:
      return false;
  }
}

std::string hint_for(cudaError_t status) {
  if (!is_of_a_kernel(status)) return "";
  return ", in a kernel that was queued before: run with --no-cuda-graph under compute-sanitizer to see in "
         "which";
}

}  // namespace

std::string broken_kernel() {
  const cudaError_t status = cudaGetLastError();
  return is_of_a_kernel(status) ? std::string(": ") + cudaGetErrorString(status) + hint_for(status) : "";
}

void fail(const char* library, const std::string& message, std::string call,
          const std::source_location& place) {
  call = call.substr(0, call.find('('));
  throw DeviceError(std::string(library) + ": " + message.substr(0, message.find('\n')) + " (" + call +
                    " in " + std::filesystem::path(place.file_name()).filename().string() + ":" +
                    std::to_string(place.line()) + ")");
}

void check(cudaError_t status, const char* call, std::source_location place) {
  if (status == cudaSuccess) return;
  cudaGetLastError();
  fail("CUDA", cudaGetErrorString(status) + hint_for(status), call, place);
}

}  // namespace lenet::cuda
