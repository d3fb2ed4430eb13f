#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/core/random.hpp"
#include "engine/cpu/buffer.hpp"
#include "engine/cpu/simd/kernels.hpp"
#include "tests/support/tolerance.hpp"
#include "tests/support/variable.hpp"

/// What tests of the CPU's kernels share.
namespace lenet::cpu {

/// The kernels of every instruction set that this processor has.
inline std::vector<const Kernels*> all_kernels() {
  std::vector<const Kernels*> found;
  for (const char* const name : {"avx512", "avx2", "baseline"}) {
    const Variable variable("LENET_CPU_ISA", name);
    try {
      found.push_back(&select_kernels());
    } catch (const UsageError&) {  // this processor lacks it
    }
  }
  return found;
}

/// Fills with numbers, of which about `zeros` in a hundred are zero.
inline void fill(float* values, std::int64_t count, RandomSequence& random, std::uint32_t zeros = 0) {
  for (std::int64_t i = 0; i < count; ++i)
    values[i] = random.below(100) < zeros ? 0.0f : random.uniform() * 2 - 1;
}

inline Buffer<float> filled(std::int64_t count, RandomSequence& random, std::uint32_t zeros = 0) {
  Buffer<float> buffer(count);
  fill(buffer.data(), count, random, zeros);
  return buffer;
}

/// Whether a sum of `terms` products with values of at most 1 is as near to the exact one as rounding allows.
inline bool near(float sum, double exact, std::int64_t terms) {
  return std::abs(static_cast<double>(sum) - exact) <=
         tolerance::of_sum(terms) * std::sqrt(static_cast<double>(terms)) + tolerance::kRoundoff;
}

}  // namespace lenet::cpu
