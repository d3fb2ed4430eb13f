#pragma once

#include <cstdint>

#include "engine/core/host_device.hpp"

/// Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as
/// easy as 1, 2, 3" (SC 2011). It has no state: a key and a counter give the same four numbers on every
/// device and in any order, so a checkpoint holds no generator state.
namespace lenet {

/// The purpose of a random sequence; different purposes get independent sequences from one seed. Changing a
/// value changes the results of every run, so append, never renumber.
enum class RandomStream : std::uint32_t {
  initial_weights = 1,
  shuffle = 2,
  dropout = 3,
  synthetic_digits = 4,
  pick_samples = 5,
};

struct PhiloxWords {
  std::uint32_t word[4];
};

LENET_HOST_DEVICE inline std::uint32_t multiply_high(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::uint32_t>((static_cast<std::uint64_t>(a) * b) >> 32);
}

/// Applies ten Philox rounds to a 128-bit counter with a 64-bit key.
LENET_HOST_DEVICE inline PhiloxWords philox4x32_10(PhiloxWords counter, std::uint32_t key0,
                                                   std::uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const std::uint32_t high0 = multiply_high(0xD2511F53u, counter.word[0]);
    const std::uint32_t low0 = 0xD2511F53u * counter.word[0];
    const std::uint32_t high1 = multiply_high(0xCD9E8D57u, counter.word[2]);
    const std::uint32_t low1 = 0xCD9E8D57u * counter.word[2];
    counter = {{high1 ^ counter.word[1] ^ key0, low1, high0 ^ counter.word[3] ^ key1, low0}};
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return counter;
}

/// Returns words `4 * block` to `4 * block + 3` of the sequence (seed, stream, major, minor). `major` is an
/// epoch or a step; `minor` (below 256) selects a sequence within it, for example by a layer's index.
LENET_HOST_DEVICE inline PhiloxWords random_words(std::uint64_t seed, RandomStream stream,
                                                  std::uint64_t major, std::uint32_t minor,
                                                  std::uint32_t block) {
  const PhiloxWords counter{{block, static_cast<std::uint32_t>(major),
                             static_cast<std::uint32_t>(major >> 32),
                             static_cast<std::uint32_t>(stream) << 8 | (minor & 0xFFu)}};
  return philox4x32_10(counter, static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32));
}

/// Returns a number uniform in [0, 1), made from the 24 high bits of a word: exact in float.
LENET_HOST_DEVICE inline float uniform_float(std::uint32_t word) {
  return static_cast<float>(word >> 8) * (1.0f / 16777216.0f);
}

}  // namespace lenet
