#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/philox.hpp"

namespace lenet {

/// Reads the sequence (seed, stream, major, minor) from its start, word by word: a cursor over Philox for
/// host code that wants numbers one after another.
class RandomSequence {
 public:
  RandomSequence(std::uint64_t seed, RandomStream stream, std::uint64_t major, std::uint32_t minor = 0)
      : seed_(seed), major_(major), stream_(stream), minor_(minor) {}

  std::uint32_t next_word();
  float uniform() { return uniform_float(next_word()); }
  /// Uniform in [low, high).
  float uniform(float low, float high) { return low + (high - low) * uniform(); }
  /// Uniform in {0, …, bound - 1} without bias (Lemire 2019); bound > 0.
  std::uint32_t below(std::uint32_t bound);
  /// Standard normal by Box and Muller, in double, so that every platform rounds to the same float.
  double normal();

 private:
  std::uint64_t seed_;
  std::uint64_t major_;
  RandomStream stream_;
  std::uint32_t minor_;
  std::uint32_t block_ = 0;
  int used_ = 4;
  PhiloxWords words_{};
  bool has_spare_ = false;
  double spare_ = 0;
};

/// The numbers 0 … count-1 in the order of `epoch` (Fisher and Yates): the same for every device and backend.
std::vector<std::uint32_t> shuffled_indices(std::int64_t count, std::uint64_t seed, std::uint64_t epoch);

}  // namespace lenet
