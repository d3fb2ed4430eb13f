#pragma once

#include <cudnn.h>
#include <source_location>
#include <string>

#include "engine/cuda/runtime/check.hpp"

namespace lenet::cuda {

/// Overload of check.hpp's function for cuDNN.
inline void check(cudnnStatus_t status, const char* call,
                  std::source_location place = std::source_location::current()) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  char detail[256] = "";
  cudnnGetLastErrorString(detail, sizeof detail);
  std::string message = cudnnGetErrorString(status);
  if (*detail) message += std::string(": ") + detail;
  fail("cuDNN", message.substr(0, message.find('\n')) + broken_kernel(), call, place);
}

}  // namespace lenet::cuda
