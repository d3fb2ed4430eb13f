#pragma once

#include <cstdint>

#include "engine/core/philox.hpp"

namespace lenet::kernels {

/// The dropout of Srivastava et al. (2014), inverted: kept elements are scaled by 1 / (1 - rate), so
/// evaluation needs no dropout at all. The mask is never stored: for element `i` (sample × features +
/// feature, features in C, H, W order), word `i` of the Philox sequence (seed, dropout, step, layer) decides,
/// forward and backward.
struct DropoutMask {
  std::uint64_t seed = 0;
  std::uint64_t step = 0;
  std::uint32_t layer = 0;      ///< index of the layer in its graph
  std::uint32_t threshold = 0;  ///< a word below it drops the element
  float scale = 1.0f;           ///< factor of kept elements
};

/// Makes the mask for a rate in [0, 1).
LENET_HOST_DEVICE inline DropoutMask dropout_mask(std::uint64_t seed, std::uint64_t step, std::uint32_t layer,
                                                  float rate) {
  return {seed, step, layer, static_cast<std::uint32_t>(static_cast<double>(rate) * 4294967296.0),
          1.0f / (1.0f - rate)};
}

/// Returns the words that decide over elements 4 * block … 4 * block + 3.
LENET_HOST_DEVICE inline PhiloxWords dropout_words(const DropoutMask& mask, std::uint32_t block) {
  return random_words(mask.seed, RandomStream::dropout, mask.step, mask.layer, block);
}

/// Returns the factor of an element's value and gradient, given its word: 0 or the scale.
LENET_HOST_DEVICE inline float dropout_factor(const DropoutMask& mask, std::uint32_t word) {
  return word < mask.threshold ? 0.0f : mask.scale;
}

}  // namespace lenet::kernels
