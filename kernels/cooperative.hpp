#pragma once

#include <cuda_runtime_api.h>

namespace lenet::kernels {

/// Gives the multiprocessors that the current device has for cooperative launches: 0 where it has no such
/// launches.
[[nodiscard]] inline cudaError_t cooperative_multiprocessors(int& count) {
  int device = 0, cooperative = 0;
  count = 0;
  if (const cudaError_t error = cudaGetDevice(&device)) return error;
  if (const cudaError_t error = cudaDeviceGetAttribute(&cooperative, cudaDevAttrCooperativeLaunch, device))
    return error;
  return cooperative ? cudaDeviceGetAttribute(&count, cudaDevAttrMultiProcessorCount, device) : cudaSuccess;
}

}  // namespace lenet::kernels
