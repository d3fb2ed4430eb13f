#pragma once

#include <cublasLt.h>
#include <source_location>

#include "engine/cuda/runtime/check.hpp"

namespace lenet::cuda {

/// Overload of check.hpp's function for cuBLAS.
inline void check(cublasStatus_t status, const char* call,
                  std::source_location place = std::source_location::current()) {
  if (status != CUBLAS_STATUS_SUCCESS)
    fail("cuBLAS", cublasLtGetStatusString(status) + broken_kernel(), call, place);
}

}  // namespace lenet::cuda
