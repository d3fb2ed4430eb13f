#pragma once

#include <algorithm>
#include <cstddef>
#include <omp.h>

#include "engine/core/rounding.hpp"

/// Element-wise loops on all threads, compiled for several instruction sets.

/// Compiles a function for several instruction sets; at program start the loader selects the best one that
/// the processor supports.
// Not under sanitizers: their start-up code runs only after the loader has selected the versions.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define LENET_EVERY_ISA \
  __attribute__((noinline, target_clones("arch=skylake-avx512", "arch=haswell", "default")))
#else
#define LENET_EVERY_ISA __attribute__((noinline))
#endif

namespace lenet::cpu {

// Smaller loops run on one thread: waking the others would cost more than it saves.
inline constexpr std::size_t kParallelCount = 16 * 1024;
// Pieces are multiples of this many elements, so that no two threads write to one cache line.
inline constexpr std::size_t kPiece = 1024;

/// Calls body(begin, end) on all threads for ranges that cover 0 … count. The loop must be in a function of
/// its own, because a compiler does not apply LENET_EVERY_ISA to code inside an OpenMP region.
template <class Body>
void in_parallel(std::size_t count, const Body& body) {
  if (count < kParallelCount) return body(std::size_t{0}, count);
  const std::size_t pieces = ceil_divide(count, kPiece);
#pragma omp parallel
  {
    const auto threads = static_cast<std::size_t>(omp_get_num_threads());
    const auto thread = static_cast<std::size_t>(omp_get_thread_num());
    const std::size_t begin = pieces * thread / threads * kPiece;
    const std::size_t end = std::min(count, pieces * (thread + 1) / threads * kPiece);
    if (begin < end) body(begin, end);
  }
}

}  // namespace lenet::cpu
