#include "engine/core/random.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "tests/support/catch.hpp"

using namespace lenet;

namespace {

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> c, std::uint32_t key0, std::uint32_t key1) {
  const PhiloxWords words = philox4x32_10({{c[0], c[1], c[2], c[3]}}, key0, key1);
  return {words.word[0], words.word[1], words.word[2], words.word[3]};
}

}  // namespace

// The known-answer vectors that the authors publish with Random123 (kat_vectors, philox4x32 10).
TEST_CASE("Philox gives the published known answers", "[random]") {
  CHECK(philox({0, 0, 0, 0}, 0, 0) == std::array{0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u});
  CHECK(philox({~0u, ~0u, ~0u, ~0u}, ~0u, ~0u) ==
        std::array{0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu});
  CHECK(philox({0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u}, 0xa4093822u, 0x299f31d0u) ==
        std::array{0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u});
}

TEST_CASE("a shuffle is a permutation, fixed by seed and epoch", "[random]") {
  const auto first = shuffled_indices(1000, 7, 0);
  auto sorted = first;
  std::ranges::sort(sorted);
  for (std::uint32_t i = 0; i < 1000; ++i) REQUIRE(sorted[i] == i);
  CHECK(shuffled_indices(1000, 7, 0) == first);
  CHECK(shuffled_indices(1000, 7, 1) != first);
  CHECK(shuffled_indices(1000, 8, 0) != first);
  CHECK(shuffled_indices(0, 7, 0).empty());
  CHECK(shuffled_indices(1, 7, 0) == std::vector<std::uint32_t>{0});
}

TEST_CASE("every position of a shuffle is about equally likely", "[random]") {
  // 6 orders of 3 elements over 6,000 epochs: each count is binomial with mean 1,000 and sigma 29; five
  // sigma.
  std::array<int, 27> seen{};
  for (std::uint64_t epoch = 0; epoch < 6000; ++epoch) {
    const auto order = shuffled_indices(3, 42, epoch);
    ++seen[order[0] * 9 + order[1] * 3 + order[2]];
  }
  CHECK(std::ranges::count_if(seen, [](int count) { return count > 0; }) == 6);
  for (const int count : seen) CHECK((count == 0 || std::abs(count - 1000) < 145));
}

TEST_CASE("normal numbers have the moments of a standard normal", "[random]") {
  RandomSequence random(3, RandomStream::initial_weights, 0);
  constexpr int kCount = 100'000;
  double sum = 0, squares = 0, fourth = 0;
  for (int i = 0; i < kCount; ++i) {
    const double value = random.normal();
    sum += value;
    squares += value * value;
    fourth += value * value * value * value;
  }
  // Standard errors: 1/√n, √(2/n) and √(96/n); five of each.
  CHECK(std::abs(sum / kCount) < 5 * std::sqrt(1.0 / kCount));
  CHECK(std::abs(squares / kCount - 1) < 5 * std::sqrt(2.0 / kCount));
  CHECK(std::abs(fourth / kCount - 3) < 5 * std::sqrt(96.0 / kCount));
}

TEST_CASE("bounded numbers stay below the bound and reach all of it", "[random]") {
  RandomSequence random(3, RandomStream::pick_samples, 0);
  std::array<int, 7> seen{};
  for (int i = 0; i < 7000; ++i) ++seen.at(random.below(7));
  for (const int count : seen) CHECK(std::abs(count - 1000) < 150);
}
