#include <cmath>
#include <limits>
#include <vector>

#include "tests/layers/driver.hpp"
#include "tests/support/backends.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/tolerance.hpp"

using namespace lenet;
using reference::Batch;

namespace {

/// One white pixel, so that the weights are the logits.
struct Logits {
  Graph graph{Image{.channels = 1, .height = 1, .width = 1}};
  std::vector<float> parameters;

  explicit Logits(const std::vector<float>& logits) : parameters(logits) {
    graph.add(Flatten{}).add(Linear{.units = std::ssize(logits)});
    parameters.resize(2 * logits.size());
  }
};

Batch white_with_label(std::uint8_t label) { return {.pixels = {255}, .labels = {label}}; }

Metrics training_metrics(Backend& backend, const Logits& logits, std::uint8_t label) {
  Driver driver(backend, logits.graph, {.batch = 1, .optimizer = Sgd{.learning_rate = 0}});
  driver.program().set_parameters(logits.parameters);
  driver.train(white_with_label(label), 0);
  return driver.program().metrics();
}

Metrics evaluation_metrics(Backend& backend, const Logits& logits, std::uint8_t label) {
  Driver driver(backend, logits.graph, {.batch = 1});
  driver.program().set_parameters(logits.parameters);
  driver.evaluate(white_with_label(label));
  return driver.program().metrics();
}

struct Known {
  std::vector<float> logits;
  std::uint8_t label;
  double loss;
  std::int64_t correct;         ///< predictions out of one
  std::vector<float> gradient;  ///< in the logits
};

const Known kKnown[] = {
    {{1e4f, -1e4f}, 0, 0, 1, {0, 0}},
    {{1e4f, -1e4f}, 1, 2e4, 0, {1, -1}},
    {{-1e4f, -1e4f, -1e4f, -1e4f}, 0, std::log(4.0), 1, {-0.75f, 0.25f, 0.25f, 0.25f}},
    {{1e4f, 1e4f}, 0, std::log(2.0), 1, {-0.5f, 0.5f}},
    {{1e4f, 1e4f, -1e4f}, 2, 2e4 + std::log(2.0), 0, {0.5f, 0.5f, -1}},
    {{1e30f, -1e30f}, 1, 2.0 * 1e30f, 0, {1, -1}},
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
     0,
     std::log(10.0),
     1,
     {-0.9f, 0.1f, 0.1f, 0.1f, 0.1f, 0.1f, 0.1f, 0.1f, 0.1f, 0.1f}},
    {{-100, 0}, 0, 100, 0, {-1, 1}},
    {{3}, 0, 0, 1, {0}},
};

}  // namespace

TEST_CASE("the loss and its gradient are right at any magnitude of the logits", "[loss]") {
  constexpr double u = tolerance::kRoundoff;
  for (auto& [name, backend] : available_backends())
    for (const Known& known : kKnown) {
      INFO(name << ", logits " << known.logits[0] << " …, label " << int{known.label});
      const Logits logits(known.logits);
      for (const Metrics& metrics : {training_metrics(*backend, logits, known.label),
                                     evaluation_metrics(*backend, logits, known.label)}) {
        // The maximum, a logarithm and a difference are rounded once each.
        CHECK(std::abs(metrics.loss_sum - known.loss) <= 4 * u * known.loss);
        CHECK(metrics.correct == known.correct);
        CHECK(metrics.count == 1);
        CHECK(metrics.first_nonfinite_step == -1);
      }
      // Weights and biases both: the only pixel is 1. An exponential, a division and a difference from 1.
      const std::vector<float> gradient =
          gradient_of(*backend, logits.graph, {.batch = 1}, logits.parameters, white_with_label(known.label));
      for (std::size_t i = 0; i < gradient.size(); ++i)
        CHECK(std::abs(gradient[i] - known.gradient[i % known.gradient.size()]) <= 4 * u);
    }
}

TEST_CASE("of equal largest logits the first is the prediction", "[loss]") {
  const Logits logits({1, 5, 5, 0});
  for (auto& [name, backend] : available_backends()) {
    INFO(name);
    CHECK(evaluation_metrics(*backend, logits, 1).correct == 1);
    CHECK(evaluation_metrics(*backend, logits, 2).correct == 0);
    CHECK(training_metrics(*backend, logits, 1).correct == 1);
    CHECK(training_metrics(*backend, logits, 2).correct == 0);
  }
}

TEST_CASE("the first training step whose loss is not finite is kept", "[loss]") {
  const Logits good({1, 2, 3});
  for (const float poison : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
    for (auto& [name, backend] : available_backends()) {
      INFO(name << ", weight " << poison);
      Driver driver(*backend, good.graph, {.batch = 1, .optimizer = Sgd{.learning_rate = 0}});
      driver.program().set_parameters(good.parameters);
      driver.train(white_with_label(0), 16);
      CHECK(driver.program().metrics().first_nonfinite_step == -1);
      std::vector<float> bad = good.parameters;
      bad[1] = poison;
      driver.program().set_parameters(bad);
      for (const std::int64_t step : {17, 18, 19}) driver.train(white_with_label(0), step);
      CHECK(driver.program().metrics().first_nonfinite_step == 17);
      driver.program().set_parameters(good.parameters);
      driver.train(white_with_label(0), 20);
      CHECK(driver.program().metrics().first_nonfinite_step == 17);
      driver.program().reset_metrics();
      CHECK(driver.program().metrics().first_nonfinite_step == -1);
      CHECK(driver.program().metrics().count == 0);
      driver.train(white_with_label(0), 21);
      CHECK(driver.program().metrics().first_nonfinite_step == -1);
    }
}
