#include "engine/core/random.hpp"

#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

namespace lenet {

std::uint32_t RandomSequence::next_word() {
  if (used_ == 4) {
    words_ = random_words(seed_, stream_, major_, minor_, block_++);
    used_ = 0;
  }
  return words_.word[used_++];
}

std::uint32_t RandomSequence::below(std::uint32_t bound) {
  std::uint64_t product = static_cast<std::uint64_t>(next_word()) * bound;
  if (static_cast<std::uint32_t>(product) < bound) {
    const std::uint32_t threshold = (0u - bound) % bound;
    while (static_cast<std::uint32_t>(product) < threshold)
      product = static_cast<std::uint64_t>(next_word()) * bound;
  }
  return static_cast<std::uint32_t>(product >> 32);
}

double RandomSequence::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  // Adding 0.5 keeps the uniform number in (0, 1), so that the logarithm is finite.
  const double radius = std::sqrt(-2.0 * std::log((next_word() + 0.5) * 0x1p-32));
  const double angle = 2.0 * std::numbers::pi * (next_word() * 0x1p-32);
  has_spare_ = true;
  spare_ = radius * std::sin(angle);
  return radius * std::cos(angle);
}

std::vector<std::uint32_t> shuffled_indices(std::int64_t count, std::uint64_t seed, std::uint64_t epoch) {
  std::vector<std::uint32_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0u);
  RandomSequence random(seed, RandomStream::shuffle, epoch);
  for (std::size_t left = order.size(); left > 1; --left)
    std::swap(order[left - 1], order[random.below(static_cast<std::uint32_t>(left))]);
  return order;
}

}  // namespace lenet
