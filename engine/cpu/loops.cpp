#include "engine/cpu/loops.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <omp.h>

#include "engine/core/rounding.hpp"
#include "kernels/normalize.hpp"
#include "kernels/relu.hpp"
#include "kernels/sgd.hpp"

// The sanitizers' start-up code does not run before the resolvers of function versions do.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define LENET_EVERY_ISA \
  __attribute__((noinline, target_clones("arch=skylake-avx512", "arch=haswell", "default")))
#else
#define LENET_EVERY_ISA __attribute__((noinline))
#endif

namespace lenet::cpu {
namespace {

// Below this, waking the other threads costs more than they save.
constexpr std::size_t kParallelCount = 16 * 1024;
// Pieces end on a multiple of this, so that no two threads write to one cache line.
constexpr std::size_t kPiece = 1024;

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

/// The exponent bits of infinities and NaNs; every finite float has less.
constexpr std::uint32_t kNonFinite = 0x7f800000;

/// Larger exponents so far, or this float's: a maximum of integers is vectorised where a flag is not.
inline std::uint32_t max_exponent(std::uint32_t so_far, float value) {
  return std::max(so_far, std::bit_cast<std::uint32_t>(value) & kNonFinite);
}

/// Calls body(begin, end) as in_parallel() does; returns whether every call returned true.
template <class Body>
bool all_in_parallel(std::size_t count, const Body& body) {
  std::atomic<bool> all = true;
  in_parallel(count, [&](std::size_t begin, std::size_t end) {
    if (!body(begin, end)) all.store(false, std::memory_order_relaxed);
  });
  return all;
}

LENET_EVERY_ISA bool adam_range(float* __restrict weights, float* __restrict moment1,
                                float* __restrict moment2, const float* __restrict gradients,
                                std::size_t begin, std::size_t end, const kernels::AdamStep& step) {
  const kernels::AdamStep local = step;
  std::uint32_t exponents = 0;
  for (std::size_t i = begin; i < end; ++i) {
    const kernels::AdamElement next =
        kernels::adam({weights[i], moment1[i], moment2[i]}, gradients[i], local);
    weights[i] = next.weight;
    moment1[i] = next.moment1;
    moment2[i] = next.moment2;
    exponents = max_exponent(exponents, next.weight);
  }
  return exponents < kNonFinite;
}

LENET_EVERY_ISA bool sgd_range(float* __restrict weights, const float* __restrict gradients,
                               std::size_t begin, std::size_t end, float learning_rate) {
  std::uint32_t exponents = 0;
  for (std::size_t i = begin; i < end; ++i) {
    weights[i] = kernels::sgd(weights[i], gradients[i], learning_rate);
    exponents = max_exponent(exponents, weights[i]);
  }
  return exponents < kNonFinite;
}

LENET_EVERY_ISA void relu_range(float* values, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) values[i] = kernels::relu(values[i]);
}

LENET_EVERY_ISA void mask_range(float* __restrict gradients, const float* __restrict results,
                                std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) gradients[i] = kernels::relu_gradient(gradients[i], results[i]);
}

LENET_EVERY_ISA void normalize_range(float* __restrict floats, const std::uint8_t* __restrict pixels,
                                     std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) floats[i] = kernels::normalize(pixels[i]);
}

LENET_EVERY_ISA void dropout_range(float* values, std::size_t begin, std::size_t end,
                                   const kernels::DropoutMask& mask) {
  for (std::size_t i = begin; i < end; i += 4) {
    const PhiloxWords words = kernels::dropout_words(mask, static_cast<std::uint32_t>(i / 4));
    for (std::size_t lane = 0; lane < std::min<std::size_t>(4, end - i); ++lane)
      values[i + lane] *= kernels::dropout_factor(mask, words.word[lane]);
  }
}

}  // namespace

bool adam_update(float* weights, float* moment1, float* moment2, const float* gradients, std::size_t count,
                 const kernels::AdamStep& step) {
  return all_in_parallel(count, [&](std::size_t begin, std::size_t end) {
    return adam_range(weights, moment1, moment2, gradients, begin, end, step);
  });
}

bool sgd_update(float* weights, const float* gradients, std::size_t count, float learning_rate) {
  return all_in_parallel(count, [&](std::size_t begin, std::size_t end) {
    return sgd_range(weights, gradients, begin, end, learning_rate);
  });
}

void relu_forward(float* values, std::size_t count) {
  in_parallel(count, [&](std::size_t begin, std::size_t end) { relu_range(values, begin, end); });
}

void relu_backward(float* gradients, const float* results, std::size_t count) {
  in_parallel(count, [&](std::size_t begin, std::size_t end) { mask_range(gradients, results, begin, end); });
}

void apply_dropout(float* values, std::size_t count, const kernels::DropoutMask& mask) {
  in_parallel(count, [&](std::size_t begin, std::size_t end) { dropout_range(values, begin, end, mask); });
}

void normalize(float* floats, const std::uint8_t* pixels, std::size_t count) {
  in_parallel(count,
              [&](std::size_t begin, std::size_t end) { normalize_range(floats, pixels, begin, end); });
}

const char* instruction_set() {
#if defined(__x86_64__) && defined(__GNUC__)
  if (__builtin_cpu_supports("avx512f")) return "AVX-512";
  if (__builtin_cpu_supports("avx2")) return "AVX2";
#endif
  return "baseline";
}

}  // namespace lenet::cpu
