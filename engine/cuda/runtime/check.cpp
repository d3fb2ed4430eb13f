#include "engine/cuda/runtime/check.hpp"

#include <filesystem>

#include "engine/core/error.hpp"

namespace lenet::cuda {

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
  fail("CUDA", cudaGetErrorString(status), call, place);
}

}  // namespace lenet::cuda
