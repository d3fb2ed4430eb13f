#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/philox.hpp"

namespace lenet {

/// Reads the sequence (seed, stream, major, minor) word by word from its start: a cursor over Philox for host
/// code.
class RandomSequence {
 public:
  RandomSequence(std::uint64_t seed, RandomStream stream, std::uint64_t major, std::uint32_t minor = 0)
      : seed_(seed), major_(major), stream_(stream), minor_(minor) {}

  std::uint32_t next_word();
  float uniform() { return uniform_float(next_word()); }
  /// Returns a number uniform in [low, high).
  float uniform(float low, float high) { return low + (high - low) * uniform(); }
  /// Returns an integer uniform in {0, …, bound - 1}, without bias (Lemire 2019); bound > 0.
  std::uint32_t below(std::uint32_t bound);
  /// Returns a standard normal number (Box and Muller), in double so that every platform rounds it to the
  /// same float.
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

/// Returns a permutation of 0 … count-1 (Fisher and Yates) that depends on seed and epoch only.
std::vector<std::uint32_t> shuffled_indices(std::int64_t count, std::uint64_t seed, std::uint64_t epoch);

}  // namespace lenet
