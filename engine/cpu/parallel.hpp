#pragma once

#include <algorithm>
#include <cstddef>
#include <omp.h>

#include "engine/core/rounding.hpp"

/// Element-wise loops on all threads, compiled for several instruction sets.

/// Compiles a function for several instruction sets; the best that this processor has is chosen when the
/// program starts.
// The sanitizers' start-up code does not run before the resolvers of function versions do.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define LENET_EVERY_ISA \
  __attribute__((noinline, target_clones("arch=skylake-avx512", "arch=haswell", "default")))
#else
#define LENET_EVERY_ISA __attribute__((noinline))
#endif

namespace lenet::cpu {

// Below this, waking the other threads costs more than they save.
inline constexpr std::size_t kParallelCount = 16 * 1024;
// Pieces end on a multiple of this, so that no two threads write to one cache line.
inline constexpr std::size_t kPiece = 1024;

/// Calls body(begin, end) for pieces that cover 0 … count. The body is a function of its own because OpenMP's
/// outlined regions are not compiled for several instruction sets.
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
