#pragma once

#include <cstdint>
#include <cuda_bf16.h>
#include <cuda_runtime.h>

/// What the kernels need of the compiler, in a form that a plain C++ compiler can stand in for: the tests
/// compile the same .cu files as C++ against headers of their own, which define these three macros to run a
/// kernel on the CPU (tests/kernels/simulator).
#ifdef __CUDACC__

/// LENET_LAUNCH(kernel, grid, block, stream, arguments…); a kernel with template arguments goes in
/// parentheses.
#define LENET_LAUNCH(kernel, grid, block, stream, ...) kernel<<<grid, block, 0, stream>>>(__VA_ARGS__)

/// An array of a block's shared memory. A macro, because its memory is not zero at first, and a plain static
/// array on the CPU would be.
#define LENET_SHARED(type, name, count) __shared__ type name[count]

#endif

namespace lenet::kernels {

using bf16 = __nv_bfloat16;

inline constexpr int kWarp = 32;

constexpr std::int64_t ceil_divide(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// Blocks for a loop over `work` items in which thread i takes items i, i + all threads, …: enough to fill
/// the largest device twice over, and no more, so that what a block sets up is set up few times.
constexpr unsigned grid_stride_blocks(std::int64_t work, int block) {
  constexpr std::int64_t kMost = 1024;
  const std::int64_t blocks = ceil_divide(work, block);
  return static_cast<unsigned>(blocks < 1 ? 1 : blocks > kMost ? kMost : blocks);
}

}  // namespace lenet::kernels
