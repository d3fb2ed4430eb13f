#include "kernels/launch_adam.hpp"
#include "kernels/launch_sgd.hpp"
#include "kernels/step_state.hpp"
#include "tests/kernels/support.hpp"

using namespace lenet::kernels;
using namespace kernel_test;

namespace {

constexpr OptimizerHyper kHyper{.learning_rate = 1e-2f, .beta1 = 0.9f, .beta2 = 0.999f, .epsilon = 1e-8f};

/// Algorithm 1 of the paper, in double.
struct PlainAdam {
  std::vector<double> weights, moment1, moment2;

  void step(const std::vector<double>& gradients, int t) {
    for (std::size_t i = 0; i < weights.size(); ++i) {
      moment1[i] = double{kHyper.beta1} * moment1[i] + (1 - double{kHyper.beta1}) * gradients[i];
      moment2[i] =
          double{kHyper.beta2} * moment2[i] + (1 - double{kHyper.beta2}) * gradients[i] * gradients[i];
      const double first = moment1[i] / (1 - std::pow(double{kHyper.beta1}, t));
      const double second = moment2[i] / (1 - std::pow(double{kHyper.beta2}, t));
      weights[i] -= double{kHyper.learning_rate.base} * first / (std::sqrt(second) + double{kHyper.epsilon});
    }
  }
};

}  // namespace

TEST_CASE("Adam's kernel follows the paper over three steps", "[kernel][adam]") {
  for (const std::int64_t count : {1, 7, 50, 100, 10'000}) {
    if (leave_out(count)) continue;
    for (const std::int64_t offset : {0, 1}) {
      CAPTURE(count, offset);
      const auto start = random_values<float>(count + offset, 1);
      under_every_schedule([&] {
        auto weights = start;
        std::vector<float> moment1(start.size()), moment2(start.size());
        std::vector<bf16> small(start.size());
        PlainAdam plain{doubles(start), doubles(moment1), doubles(moment2)};
        StepState state;
        for (int t = 1; t <= 3; ++t) {
          auto gradients = random_values<float>(count + offset, 10 + static_cast<std::uint64_t>(t));
          begin_step({&state, kHyper});
          REQUIRE(launch_adam({.weights = weights.data() + offset,
                               .gradients = gradients.data() + offset,
                               .moment1 = moment1.data() + offset,
                               .moment2 = moment2.data() + offset,
                               .count = count,
                               .state = &state,
                               .weights_bf16 = small.data() + offset},
                              nullptr) == cudaSuccess);
          auto wide = doubles(gradients);
          plain.step(wide, t);
        }
        if (offset)
          plain.weights[0] = double{start[0]}, plain.moment1[0] = plain.moment2[0] = 0;  // not in the arrays
        // Per step, a few roundings of numbers below 5; an update is at most about the learning rate.
        check_close(moment1, plain.moment1, 0, 3 * 4 * 5 * kRounding<float>);
        check_close(moment2, plain.moment2, 3 * 5 * kRounding<float>, 0);
        check_close(weights, plain.weights, 3 * kRounding<float>, 3 * 10 * 1e-2 * 3 * kRounding<float>);
        std::vector<double> expected;
        for (const float weight : weights) expected.push_back(rounded<bf16>(weight));
        if (offset) expected[0] = 0;
        check_equal(small, expected);
      });
    }
  }
}

TEST_CASE("a step begins with its number and Adam's corrections", "[kernel][step]") {
  StepState state{.step = 41};
  begin_step({&state, kHyper});
  CHECK(state.step == 42);
  const AdamStep expected =
      adam_step(kHyper.learning_rate.base, kHyper.beta1, kHyper.beta2, kHyper.epsilon, 42);
  CHECK(state.learning_rate == kHyper.learning_rate.base);
  CHECK(state.adam.rate == expected.rate);
  CHECK(state.adam.epsilon == expected.epsilon);
  CHECK(state.adam.beta1 == kHyper.beta1);
  CHECK(state.adam.beta2 == kHyper.beta2);
}

TEST_CASE("a step begins with the learning rate that its number has", "[kernel][step]") {
  constexpr auto kRate = lenet::LearningRate::linear(0.1f, 2, 10, 0.02f);
  StepState state;
  for (const float expected : {0.05f, 0.1f, 0.1f, 0.09f, 0.08f}) {
    begin_step({&state, {.learning_rate = kRate}});
    CAPTURE(state.step);
    CHECK(state.learning_rate == expected);
  }
}

TEST_CASE("SGD's kernel subtracts the scaled gradient", "[kernel][sgd]") {
  for (const std::int64_t count : {1, 7, 50, 100, 10'000}) {
    if (leave_out(count)) continue;
    for (const std::int64_t offset : {0, 2}) {
      CAPTURE(count, offset);
      const auto start = random_values<float>(count + offset, 1);
      const auto gradients = random_values<float>(count + offset, 2);
      std::vector<double> expected = doubles(start);
      for (std::size_t i = static_cast<std::size_t>(offset); i < expected.size(); ++i)
        expected[i] -= 0.5 * double{gradients[i]};
      under_every_schedule([&] {
        auto weights = start;
        std::vector<bf16> small(start.size());
        const StepState state{.learning_rate = 0.5f};
        REQUIRE(launch_sgd({.weights = weights.data() + offset,
                            .gradients = gradients.data() + offset,
                            .count = count,
                            .state = &state,
                            .weights_bf16 = small.data() + offset},
                           nullptr) == cudaSuccess);
        check_close(weights, expected, kRounding<float>,
                    0);  // half of a number is exact, the difference is rounded
        for (std::size_t i = static_cast<std::size_t>(offset); i < small.size(); ++i)
          REQUIRE(to_float(small[i]) == static_cast<float>(rounded<bf16>(weights[i])));
      });
    }
  }
}

TEST_CASE("optimizers record the first step that gives a weight that is not finite", "[kernel][adam][sgd]") {
  constexpr std::int64_t kCount = 300;
  const auto gradients = random_values<float>(kCount, 3);
  for (const float broken : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
    for (const std::int64_t place : {std::int64_t{0}, std::int64_t{130}, kCount - 1}) {
      CAPTURE(broken, place);
      under_every_schedule([&] {
        auto weights = random_values<float>(kCount, 1);
        std::vector<float> moment1(weights.size()), moment2(weights.size());
        StepState state{.step = 6};
        const auto steps = [&](const std::vector<float>& by) {
          begin_step({&state, kHyper});
          std::int64_t adam = -1, sgd = -1;
          REQUIRE(launch_adam({.weights = weights.data(),
                               .gradients = by.data(),
                               .moment1 = moment1.data(),
                               .moment2 = moment2.data(),
                               .count = kCount,
                               .state = &state,
                               .first_nonfinite_step = &adam},
                              nullptr) == cudaSuccess);
          REQUIRE(launch_sgd({.weights = weights.data(),
                              .gradients = by.data(),
                              .count = kCount,
                              .state = &state,
                              .first_nonfinite_step = &sgd},
                             nullptr) == cudaSuccess);
          CHECK(adam == sgd);
          return adam;
        };
        CHECK(steps(gradients) == -1);
        auto bad = gradients;
        bad[static_cast<std::size_t>(place)] = broken;
        CHECK(steps(bad) == 8);
        CHECK(steps(gradients) == 9);  // the weight stays broken
        std::int64_t earlier = 3;
        REQUIRE(launch_sgd({.weights = weights.data(),
                            .gradients = gradients.data(),
                            .count = kCount,
                            .state = &state,
                            .first_nonfinite_step = &earlier},
                           nullptr) == cudaSuccess);
        CHECK(earlier == 3);
      });
    }
}
