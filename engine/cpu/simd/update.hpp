#pragma once

#include <cstdint>

#include "engine/cpu/simd/instruction_set.hpp"
#include "engine/cpu/update_rule.hpp"
#include "kernels/sgd.hpp"

/// Optimizer steps over a few weights whose gradient is in cache.
namespace lenet::cpu::LENET_SIMD {

/// The exponent bits of an infinity or NaN; those of every finite float are smaller.
inline constexpr std::uint32_t kNonFinite = 0x7f800000;

/// Returns the larger of `so_far` and the float's exponent bits. Compilers vectorise a maximum of integers,
/// but not a flag.
LENET_SIMD_INLINE std::uint32_t max_exponent(std::uint32_t so_far, float value) {
  const std::uint32_t exponent = __builtin_bit_cast(std::uint32_t, value) & kNonFinite;
  return exponent > so_far ? exponent : so_far;
}

inline bool adam_range(float* __restrict weights, float* __restrict moment1, float* __restrict moment2,
                       const float* __restrict gradient, std::int64_t count, kernels::AdamStep step) {
  std::uint32_t exponents = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const kernels::AdamElement next = kernels::adam({weights[i], moment1[i], moment2[i]}, gradient[i], step);
    weights[i] = next.weight;
    moment1[i] = next.moment1;
    moment2[i] = next.moment2;
    exponents = max_exponent(exponents, next.weight);
  }
  return exponents < kNonFinite;
}

inline bool sgd_range(float* __restrict weights, const float* __restrict gradient, std::int64_t count,
                      float learning_rate) {
  std::uint32_t exponents = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    weights[i] = kernels::sgd(weights[i], gradient[i], learning_rate);
    exponents = max_exponent(exponents, weights[i]);
  }
  return exponents < kNonFinite;
}

inline bool update(const UpdateRule& rule, std::int64_t offset, const float* gradient, std::int64_t count) {
  switch (rule.kind) {
    case UpdateRule::Kind::store:
      __builtin_memcpy(rule.gradients + offset, gradient, static_cast<std::size_t>(count) * sizeof(float));
      return true;
    case UpdateRule::Kind::sgd:
      return sgd_range(rule.weights + offset, gradient, count, rule.learning_rate);
    case UpdateRule::Kind::adam:
      return adam_range(rule.weights + offset, rule.moments[0] + offset, rule.moments[1] + offset, gradient,
                        count, rule.adam);
  }
  return true;
}

}  // namespace lenet::cpu::LENET_SIMD
