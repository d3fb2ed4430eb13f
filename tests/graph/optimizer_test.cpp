#include "engine/graph/optimizer.hpp"

#include "tests/support/catch.hpp"

using namespace lenet;

TEST_CASE("each optimizer carries its name and its number of moments", "[optimizer]") {
  CHECK(optimizer_name(Sgd{}) == "sgd");
  CHECK(optimizer_name(Adam{}) == "adam");
  CHECK(moment_count(Sgd{}) == 0);
  CHECK(moment_count(Adam{}) == 2);
  REQUIRE(kOptimizerNames.size() == std::variant_size_v<Optimizer>);
  for (std::size_t i = 0; i < kOptimizers.size(); ++i) {
    CHECK(kOptimizers[i].index() == i);
    CHECK(kOptimizerNames[i] == optimizer_name(kOptimizers[i]));
  }
}

TEST_CASE("a constant learning rate is its number to the bit at every step", "[learning_rate]") {
  const LearningRate rate = 1e-4f;
  for (const std::int64_t step : {std::int64_t{0}, std::int64_t{1}, std::int64_t{1} << 40})
    CHECK(at(rate, step) == 1e-4f);
}

TEST_CASE("a linear learning rate rises in the warm-up, falls to its last value and stays there",
          "[learning_rate]") {
  constexpr auto kRate = LearningRate::linear(1.0f, 4, 12, 0.5f);
  CHECK(at(kRate, 0) == 0.25f);
  CHECK(at(kRate, 3) == 1.0f);
  CHECK(at(kRate, 4) == 1.0f);
  CHECK(at(kRate, 8) == 0.75f);
  CHECK(at(kRate, 12) == 0.5f);
  CHECK(at(kRate, 1'000'000) == 0.5f);
  CHECK(at(LearningRate::linear(1.0f, 0, 2, 0.0f), 1) == 0.5f);
}
