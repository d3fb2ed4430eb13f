#pragma once

#include <cstdint>

#include "engine/cpu/simd/instruction_set.hpp"
#include "kernels/dropout.hpp"
#include "kernels/relu.hpp"

namespace lenet::cpu::LENET_SIMD {

inline void relu_backward(float* __restrict gradients, const float* __restrict results, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) gradients[i] = kernels::relu_gradient(gradients[i], results[i]);
}

/// Writes the factors of 4 · blocks elements. Computes sixteen blocks at a time, in a loop that compilers
/// vectorise.
inline void dropout_factors(const kernels::DropoutMask& mask, std::uint32_t block, std::int64_t blocks,
                            float* factors) {
  constexpr int kAtOnce = 16;
  const kernels::DropoutMask local = mask;
  std::int64_t done = 0;
  for (; done + kAtOnce <= blocks; done += kAtOnce) {
    const std::uint32_t first = block + static_cast<std::uint32_t>(done);
    float lanes[4][kAtOnce];
    for (std::uint32_t b = 0; b < kAtOnce; ++b) {
      const PhiloxWords words = kernels::dropout_words(local, first + b);
      for (int i = 0; i < 4; ++i) lanes[i][b] = kernels::dropout_factor(local, words.word[i]);
    }
    for (int b = 0; b < kAtOnce; ++b)
      for (int i = 0; i < 4; ++i) factors[(done + b) * 4 + i] = lanes[i][b];
  }
  for (; done < blocks; ++done) {
    const PhiloxWords words = kernels::dropout_words(local, block + static_cast<std::uint32_t>(done));
    for (int i = 0; i < 4; ++i) factors[done * 4 + i] = kernels::dropout_factor(local, words.word[i]);
  }
}

}  // namespace lenet::cpu::LENET_SIMD
