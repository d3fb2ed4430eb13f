#pragma once

/// Marks a function that the host compiler and nvcc both compile, so that kernels, the CPU backend and the
/// tests share one definition of the mathematics.
#ifdef __CUDACC__
#define LENET_HOST_DEVICE __host__ __device__
#else
#define LENET_HOST_DEVICE
#endif
