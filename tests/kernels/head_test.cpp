#include <algorithm>

#include "kernels/dropout.hpp"
#include "kernels/launch_head.hpp"
#include "tests/kernels/support.hpp"

using namespace kernel_test;
using lenet::kernels::HeadArgs;

// Not an unnamed namespace: test sources are compiled in groups, and others have a Case, too.
namespace head_kernel {

struct Case {
  std::int64_t count;
  std::int32_t units, classes;
  float rate = 0;
  bool relu = true;
  bool hidden_gradient = true;
};

constexpr std::uint64_t kSeed = 11;
constexpr std::uint32_t kLayer = 6;
constexpr std::int64_t kStep = 5;

/// A launch with everything it reads and writes in memory of its own.
template <typename T>
struct Head {
  Case sizes;
  std::vector<T> hidden, weights, logit_gradient, hidden_gradient;
  std::vector<float> bias, weight_gradient, bias_gradient, hidden_bias_gradient;
  std::vector<std::uint8_t> labels;
  lenet::kernels::StepState state{.step = kStep};
  lenet::kernels::DeviceMetrics metrics{.loss_sum = 2, .correct = 3, .count = 4};
  std::vector<std::byte> workspace;

  explicit Head(const Case& of)
      : sizes(of),
        hidden(random_values<T>(of.count * of.units, 1)),
        weights(random_values<T>(of.classes * of.units, 2)),
        logit_gradient(unwritten<T>(of.count * of.classes)),
        hidden_gradient(unwritten<T>(of.count * of.units)),
        bias(random_values<float>(of.classes, 3)),
        weight_gradient(unwritten<float>(of.classes * of.units)),
        bias_gradient(unwritten<float>(of.classes)),
        hidden_bias_gradient(unwritten<float>(of.units)),
        labels(random_bytes(of.count, static_cast<std::uint32_t>(of.classes), 4)),
        workspace(lenet::kernels::head_workspace_bytes(of.count)) {
    using lenet::kernels::from_float, lenet::kernels::to_float;
    for (T& weight : weights) weight = from_float<T>(to_float(weight) / 4);
    if (sizes.relu)
      for (T& value : hidden) value = from_float<T>(std::max(to_float(value), 0.0f));
  }

  HeadArgs<T> args() {
    HeadArgs<T> all{.hidden = hidden.data(),
                    .weights = weights.data(),
                    .bias = bias.data(),
                    .labels = labels.data(),
                    .count = sizes.count,
                    .units = sizes.units,
                    .classes = sizes.classes,
                    .relu = sizes.relu,
                    .rate = sizes.rate,
                    .layer = kLayer,
                    .seed = kSeed,
                    .logit_gradient = logit_gradient.data(),
                    .weight_gradient = weight_gradient.data(),
                    .bias_gradient = bias_gradient.data(),
                    .metrics = &metrics,
                    .state = &state,
                    .workspace = workspace.data()};
    if (sizes.hidden_gradient) {
      all.hidden_gradient = hidden_gradient.data();
      all.hidden_bias_gradient = hidden_bias_gradient.data();
    }
    return all;
  }

  void run(unsigned blocks = 0) {
    HeadArgs<T> all = args();
    REQUIRE(size_head_grid(all) == cudaSuccess);
    if (blocks > 0) all.blocks = blocks;
    REQUIRE(launch_head(all, nullptr) == cudaSuccess);
  }

  std::vector<double> results() const {
    std::vector<double> all{metrics.loss_sum, static_cast<double>(metrics.correct)};
    const auto add = [&](const auto& values) {
      for (const double value : doubles(values)) all.push_back(value);
    };
    add(hidden), add(logit_gradient), add(weight_gradient), add(bias_gradient);
    if (sizes.hidden_gradient) add(hidden_gradient), add(hidden_bias_gradient);
    return all;
  }
};

/// Returns the hidden values after dropout.
template <typename T>
std::vector<double> dropped(const Head<T>& before) {
  std::vector<double> values = doubles(before.hidden);
  if (before.sizes.rate == 0) return values;
  const auto mask = lenet::kernels::dropout_mask(kSeed, kStep, kLayer, before.sizes.rate);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto words = lenet::kernels::dropout_words(mask, static_cast<std::uint32_t>(i / 4));
    values[i] = rounded<T>(values[i] * static_cast<double>(dropout_factor(mask, words.word[i % 4])));
  }
  return values;
}

struct Loss {
  double sum = 0;
  std::vector<double> gradient;
};

Loss loss_of(const Case& sizes, const std::vector<double>& hidden, const std::vector<double>& weights,
             const std::vector<double>& bias, const std::vector<std::uint8_t>& labels) {
  const auto units = static_cast<std::size_t>(sizes.units), classes = static_cast<std::size_t>(sizes.classes);
  Loss loss;
  for (std::size_t n = 0; n < labels.size(); ++n) {
    std::vector<double> logits = bias;
    for (std::size_t k = 0; k < classes; ++k)
      for (std::size_t j = 0; j < units; ++j) logits[k] += hidden[n * units + j] * weights[k * units + j];
    double sum = 0;
    for (const double logit : logits) sum += std::exp(logit);
    loss.sum += std::log(sum) - logits[labels[n]];
    for (std::size_t k = 0; k < classes; ++k)
      loss.gradient.push_back((std::exp(logits[k]) / sum - (k == labels[n])) /
                              static_cast<double>(labels.size()));
  }
  return loss;
}

/// Checks the launch in stages: each from the results of the one before, as the kernel rounded them.
template <typename T>
void check_against_doubles(const Case& sizes, unsigned blocks) {
  Head<T> head(sizes);
  const std::vector<double> hidden = dropped(head);
  head.run(blocks);
  check_equal(head.hidden, hidden);

  // Logits are sums of `units` products in float.
  const double sums = 8e-7 * std::sqrt(sizes.units);
  const std::vector<double> weights = doubles(head.weights);
  const Loss loss = loss_of(sizes, hidden, weights, doubles(head.bias), head.labels);
  CHECK(head.metrics.loss_sum - 2 == Approx(loss.sum).epsilon(sums));
  CHECK(head.metrics.count == 4 + sizes.count);
  check_close(head.logit_gradient, loss.gradient, kRounding<T> + sums, sums);

  const std::vector<double> gradient = doubles(head.logit_gradient);
  const auto units = static_cast<std::size_t>(sizes.units), classes = static_cast<std::size_t>(sizes.classes);
  std::vector<double> of_weights(classes * units), of_bias(classes), of_hidden(hidden.size()),
      of_hidden_bias(units);
  for (std::size_t n = 0; n < head.labels.size(); ++n)
    for (std::size_t k = 0; k < classes; ++k) {
      of_bias[k] += gradient[n * classes + k];
      for (std::size_t j = 0; j < units; ++j) {
        of_weights[k * units + j] += gradient[n * classes + k] * hidden[n * units + j];
        of_hidden[n * units + j] += gradient[n * classes + k] * weights[k * units + j];
      }
    }
  constexpr double kSums = 1e-6;
  check_close(head.bias_gradient, of_bias, 0, kSums);
  check_close(head.weight_gradient, of_weights, kSums, kSums);
  if (!sizes.hidden_gradient) return;
  if (sizes.relu)
    for (std::size_t i = 0; i < of_hidden.size(); ++i)
      of_hidden[i] *= hidden[i] > 0 ? 1.0 / (1.0 - static_cast<double>(sizes.rate)) : 0.0;
  check_close(head.hidden_gradient, of_hidden, kRounding<T> + kSums, kSums);
  const std::vector<double> stored = doubles(head.hidden_gradient);
  for (std::size_t i = 0; i < stored.size(); ++i) of_hidden_bias[i % units] += stored[i];
  check_close(head.hidden_bias_gradient, of_hidden_bias, kSums, kSums);
}

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {.count = 1, .units = 5, .classes = 3, .rate = 0.5f},
      {.count = 7, .units = 37, .classes = 10, .rate = 0.25f},
      {.count = 50, .units = 132, .classes = 10, .rate = 0.5f},
      {.count = 33, .units = 64, .classes = 32},
      {.count = 9, .units = 96, .classes = 11},
      {.count = 6, .units = 21, .classes = 10, .relu = false},
      {.count = 40, .units = 50, .classes = 10, .relu = false, .hidden_gradient = false},
  };
  return all;
}

TEMPLATE_TEST_CASE("the head kernel does what dropout, the last layer and the loss do one after the other",
                   "[kernel][head]", float, bf16) {
  for (const Case& sizes : cases()) {
    if (leave_out(sizes.count * sizes.units)) continue;
    INFO(sizes.count << " samples, " << sizes.units << " units, " << sizes.classes << " classes");
    for (const unsigned blocks : {0u, 1u, 3u}) check_against_doubles<TestType>(sizes, blocks);
  }
}

TEMPLATE_TEST_CASE("the head kernel gives the same bits under every schedule and with any number of blocks",
                   "[kernel][head]", float, bf16) {
  for (const Case& sizes : cases()) {
    if (leave_out(sizes.count * sizes.units)) continue;
    Head<TestType> first(sizes);
    first.run();
    under_every_schedule([&] {
      for (const unsigned blocks : {0u, 1u, 2u}) {
        Head<TestType> again(sizes);
        again.run(blocks);
        CHECK(again.results() == first.results());
      }
    });
  }
}

TEST_CASE("the head kernel counts correct predictions and records the first step whose loss is not finite",
          "[kernel][head]") {
  Head<float> head({.count = 3, .units = 4, .classes = 2});
  std::ranges::fill(head.hidden, 0.0f);
  head.bias = {1, 2};
  head.labels = {1, 0, 1};
  head.run();
  CHECK(head.metrics.correct == 3 + 2);
  CHECK(head.metrics.first_nonfinite_step == -1);
  head.bias[0] = std::numeric_limits<float>::infinity();
  head.run();
  CHECK(head.metrics.first_nonfinite_step == kStep);
}

TEST_CASE("the head kernel refuses sizes that it has no code for", "[kernel][head]") {
  Head<float> head({.count = 3, .units = 4, .classes = 2});
  HeadArgs<float> args = head.args();
  CHECK(launch_head(args, nullptr) == cudaErrorInvalidValue);  // no grid yet
  REQUIRE(size_head_grid(args) == cudaSuccess);
  args.classes = 33;
  CHECK(launch_head(args, nullptr) == cudaErrorInvalidValue);
  args = head.args();
  REQUIRE(size_head_grid(args) == cudaSuccess);
  args.relu = true, args.rate = 0.5f, args.state = nullptr;
  CHECK(launch_head(args, nullptr) == cudaErrorInvalidValue);  // dropout needs the step
  args = head.args();
  simulator::set_device_limits({.cooperative = false});
  CHECK(size_head_grid(args) == cudaErrorNotSupported);
  simulator::set_device_limits({});
}

}  // namespace head_kernel
