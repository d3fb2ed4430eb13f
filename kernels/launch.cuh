#pragma once

#include <cstdint>
#include <cuda_runtime.h>

#include "engine/core/rounding.hpp"
#include "kernels/bf16.hpp"

/// Compiler features that the kernels use, in a form that a plain C++ compiler can replace: the tests compile
/// the same .cu files as C++ against their own CUDA headers, which define these macros to run a kernel on the
/// CPU (tests/kernels/simulator).
#ifdef __CUDACC__

/// LENET_LAUNCH(kernel, grid, block, stream, arguments…); a kernel with template arguments goes in
/// parentheses.
#define LENET_LAUNCH(kernel, grid, block, stream, ...) kernel<<<grid, block, 0, stream>>>(__VA_ARGS__)

/// An array in a block's shared memory. A macro, because shared memory starts with undefined contents, and a
/// static array on the CPU would start with zeros.
#define LENET_SHARED(type, name, count) __shared__ type name[count]

/// The array in a block's shared memory whose size the launch gives; one per kernel.
#define LENET_DYNAMIC_SHARED(type, name) extern __shared__ type name[]

/// Defines a vector of four elements that one access reads or writes. A macro, because the simulator's
/// vectors check that they are aligned.
#define LENET_VECTOR4(name, element)         \
  struct alignas(4 * sizeof(element)) name { \
    element x, y, z, w;                      \
  }

#endif

namespace lenet::kernels {

inline constexpr int kWarp = 32;

/// Blocks for a grid-stride loop over `work` items (thread i takes items i, i + all threads, …): enough to
/// fill the largest device twice, and no more, so that the set-up of a block is paid for few times.
constexpr unsigned grid_stride_blocks(std::int64_t work, int block) {
  constexpr std::int64_t kMaxBlocks = 1024;
  const std::int64_t blocks = ceil_divide(work, block);
  return static_cast<unsigned>(blocks < 1 ? 1 : blocks > kMaxBlocks ? kMaxBlocks : blocks);
}

}  // namespace lenet::kernels
