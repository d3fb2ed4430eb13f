#include <algorithm>

#include "kernels/launch_softmax_cross_entropy.hpp"
#include "tests/kernels/support.hpp"

using namespace lenet::kernels;
using namespace kernel_test;

namespace {

struct Expected {
  double loss_sum = 0;
  std::int64_t correct = 0;
  std::vector<double> gradient, bias_gradient;
};

Expected plain(const std::vector<float>& logits, const std::vector<std::uint8_t>& labels,
               std::size_t classes) {
  Expected expected;
  expected.bias_gradient.resize(classes);
  for (std::size_t row = 0; row < labels.size(); ++row) {
    const float* z = &logits[row * classes];
    double sum = 0;
    const auto predicted = static_cast<std::size_t>(std::max_element(z, z + classes) - z);
    for (std::size_t k = 0; k < classes; ++k) sum += std::exp(double{z[k]} - double{z[predicted]});
    expected.loss_sum += std::log(sum) + double{z[predicted]} - double{z[labels[row]]};
    expected.correct += predicted == labels[row];
    for (std::size_t k = 0; k < classes; ++k) {
      const double softmax = std::exp(double{z[k]} - double{z[predicted]}) / sum;
      expected.gradient.push_back((softmax - (k == labels[row])) / static_cast<double>(labels.size()));
      expected.bias_gradient[k] += expected.gradient.back();
    }
  }
  return expected;
}

}  // namespace

TEMPLATE_TEST_CASE("loss, gradient, column sums and correct predictions of softmax cross-entropy",
                   "[kernel][softmax]", float, bf16) {
  struct Size {
    std::int64_t count;
    std::int32_t classes;
  };
  for (const Size size :
       {Size{1, 10}, {7, 10}, {50, 10}, {100, 10}, {10'000, 10}, {50, 1}, {513, 3}, {33, 47}}) {
    if (leave_out(size.count * size.classes)) continue;
    CAPTURE(size.count, size.classes);
    const auto logits = random_values<float>(size.count * size.classes, 1);
    const auto labels = random_bytes(size.count, static_cast<std::uint32_t>(size.classes), 2);
    const Expected expected = plain(logits, labels, static_cast<std::size_t>(size.classes));
    const auto count = static_cast<double>(size.count);
    under_every_schedule([&] {
      DeviceMetrics metrics{.loss_sum = 3, .correct = 1, .count = 2};
      const StepState state{.step = 17};
      auto gradient = unwritten<TestType>(size.count * size.classes);
      auto bias_gradient = unwritten<float>(size.classes);
      REQUIRE(launch_softmax_cross_entropy<TestType>({.logits = logits.data(),
                                                      .labels = labels.data(),
                                                      .count = size.count,
                                                      .classes = size.classes,
                                                      .metrics = &metrics,
                                                      .gradient = gradient.data(),
                                                      .bias_gradient = bias_gradient.data(),
                                                      .state = &state},
                                                     nullptr) == cudaSuccess);
      // A row's loss is below 12, with one rounding per term of its sum.
      const double row = (size.classes + 8) * kRounding<float>;
      CHECK(metrics.loss_sum == Approx(3 + expected.loss_sum).margin(12 * row * count).epsilon(0));
      CHECK(metrics.correct == 1 + expected.correct);
      CHECK(metrics.count == 2 + size.count);
      CHECK(metrics.first_nonfinite_step == -1);
      check_close(gradient, expected.gradient, kRounding<TestType>, 2 * row / count);
      // Columns add up `count` such elements of at most 1 / count, each rounded to its type.
      const double element = (kRounding<TestType> + 2 * row) / count;
      check_close(bias_gradient, expected.bias_gradient, 0,
                  count * element + row + kRounding<float> * count / 32);
    });
  }
}

TEST_CASE("evaluation adds up only loss and correct predictions", "[kernel][softmax]") {
  const auto logits = random_values<float>(70, 1);
  const auto labels = random_bytes(7, 10, 2);
  const Expected expected = plain(logits, labels, 10);
  DeviceMetrics metrics;
  for (int pass = 1; pass <= 3; ++pass) {
    REQUIRE(launch_softmax_cross_entropy<float>({.logits = logits.data(),
                                                 .labels = labels.data(),
                                                 .count = 7,
                                                 .classes = 10,
                                                 .metrics = &metrics},
                                                nullptr) == cudaSuccess);
    CHECK(metrics.loss_sum == Approx(pass * expected.loss_sum).epsilon(1e-6));
    CHECK(metrics.correct == pass * expected.correct);
    CHECK(metrics.count == pass * 7);
  }
}

TEST_CASE("enormous logits give a finite loss, equal ones the lowest class", "[kernel][softmax]") {
  const std::vector<float> logits = {1e30f, -1e30f, 0, 88, 88, 88};
  const std::vector<std::uint8_t> labels = {0, 0};
  DeviceMetrics metrics;
  std::vector<float> gradient(6);
  REQUIRE(launch_softmax_cross_entropy<float>({.logits = logits.data(),
                                               .labels = labels.data(),
                                               .count = 2,
                                               .classes = 3,
                                               .metrics = &metrics,
                                               .gradient = gradient.data()},
                                              nullptr) == cudaSuccess);
  CHECK(metrics.loss_sum == Approx(std::log(3.0)));
  CHECK(metrics.correct == 2);
  check_close(gradient, {0, 0, 0, -1.0 / 3, 1.0 / 6, 1.0 / 6}, 4 * kRounding<float>, 0);
}

TEST_CASE("the first training step whose loss is not finite is recorded", "[kernel][softmax]") {
  const std::vector<float> good = {0, 1}, bad = {NAN, 1};
  const std::vector<std::uint8_t> labels = {0};
  DeviceMetrics metrics;
  StepState state{.step = 0};
  const auto run = [&](const std::vector<float>& logits, std::int64_t step, bool training) {
    state.step = step;
    REQUIRE(launch_softmax_cross_entropy<float>({.logits = logits.data(),
                                                 .labels = labels.data(),
                                                 .count = 1,
                                                 .classes = 2,
                                                 .metrics = &metrics,
                                                 .state = training ? &state : nullptr},
                                                nullptr) == cudaSuccess);
  };
  run(good, 1, true);
  run(bad, 2, false);
  CHECK(metrics.first_nonfinite_step == -1);
  run(bad, 3, true);
  run(bad, 4, true);
  CHECK(metrics.first_nonfinite_step == 3);
}
