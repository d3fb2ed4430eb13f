#include "data/synthetic_digits.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "tests/support/catch.hpp"

using namespace lenet;
using namespace lenet::data;

TEST_CASE("equal seeds give equal synthetic digits, different seeds different ones", "[synthetic_digits]") {
  const Samples samples = synthetic_digits(50, 7);
  CHECK(samples.pixels == synthetic_digits(50, 7).pixels);
  CHECK(samples.labels == synthetic_digits(50, 7).labels);
  CHECK(samples.pixels != synthetic_digits(50, 8).pixels);
}

TEST_CASE("a range of synthetic digits is a part of a longer one", "[synthetic_digits]") {
  const Samples all = synthetic_digits(30, 7);
  const Samples part = synthetic_digits(10, 7, 20);
  CHECK(std::equal(part.pixels.begin(), part.pixels.end(), all.pixels.begin() + 20 * kImagePixels));
}

TEST_CASE("every class occurs about equally often, with ink on black paper", "[synthetic_digits]") {
  const Samples samples = synthetic_digits(5000, 3);
  std::array<int, 10> seen{};
  for (const std::uint8_t label : samples.labels) ++seen.at(label);
  // Binomial: mean 500, sigma 21; five sigma.
  for (const int count : seen) CHECK(std::abs(count - 500) < 106);
  const auto black = std::ranges::count(samples.pixels, std::uint8_t{0});
  const double share = static_cast<double>(black) / static_cast<double>(samples.pixels.size());
  CHECK(share > 0.6);
  CHECK(share < 0.95);
}

TEST_CASE("training and test sets of synthetic digits share no sample", "[synthetic_digits]") {
  const Dataset dataset = synthetic_dataset(40, 20, 10, 1);
  CHECK(dataset.training_split().count() == 30);
  CHECK(dataset.validation_split().count() == 10);
  const auto image = [](const Samples& samples, std::size_t i) {
    return std::vector(samples.pixels.begin() + static_cast<std::ptrdiff_t>(i * kImagePixels),
                       samples.pixels.begin() + static_cast<std::ptrdiff_t>((i + 1) * kImagePixels));
  };
  for (std::size_t i = 0; i < 40; ++i)
    for (std::size_t j = 0; j < 20; ++j) REQUIRE(image(dataset.all_training, i) != image(dataset.test, j));
}
