#include "tests/reference/optimizer.hpp"

#include <cmath>
#include <string>
#include <vector>

#include "tests/layers/compare.hpp"
#include "tests/layers/driver.hpp"
#include "tests/reference/draw.hpp"
#include "tests/support/backends.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/tolerance.hpp"

using namespace lenet;
using reference::Batch;
using reference::Values;
using reference::widen;

namespace {

constexpr int kSteps = 60;

// Sizes with remainders, so that the arena's last few parameters fill no vector register.
Graph small_network() {
  Graph graph(Image{.channels = 1, .height = 7, .width = 7});
  graph.add(Conv2d{.filters = 5, .kernel = 3}).add(Relu{}).add(MaxPool2d{.window = 2});
  graph.add(Flatten{}).add(Linear{.units = 13}).add(Relu{}).add(Linear{.units = 3});
  return graph;
}

// No kinks: trajectories can be compared without regard to the side that each step takes.
Graph smooth_network() {
  Graph graph(Image{.channels = 1, .height = 7, .width = 5});
  graph.add(Conv2d{.filters = 3, .kernel = 3}).add(Flatten{}).add(Linear{.units = 6}).add(Linear{.units = 4});
  return graph;
}

/// By how much a gradient may be off, element by element.
Values gradient_errors(const Graph& graph, const reference::Training& exact) {
  Values errors;
  for (const Parameter& parameter : graph.parameters())
    errors.insert(errors.end(), static_cast<std::size_t>(parameter.count()),
                  gradient_error(graph, parameter, exact));
  return errors;
}

/// An optimizer, and the most that one of its steps multiplies an error of the gradient by.
struct Run {
  Optimizer optimizer;
  double factor = 0;
};

struct State {
  std::vector<float> parameters;
  std::vector<std::vector<float>> moments;
};

State state_of(Program& program) { return {program.parameters(), program.moments()}; }

/// The number of elements that are further from what is expected than its rounding errors allow.
struct AdamMisses {
  int moment1 = 0, moment2 = 0, parameter = 0;
};

// Each of the three may round a handful of operations: 4 in a moment, 10 in the parameter's update, and 1 in
// the subtraction; the moments also inherit the gradient's error.
AdamMisses adam_misses(const Adam& adam, std::int64_t step, const State& before, const State& after,
                       const Values& gradient, const Values& gradient_error) {
  constexpr double u = tolerance::kRoundoff;
  const double beta1 = adam.beta1, beta2 = adam.beta2;
  AdamMisses misses;
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    const double g = gradient[i], e = gradient_error[i];
    const double m = after.moments[0][i], v = after.moments[1][i];
    const double old_m = beta1 * before.moments[0][i], old_v = beta2 * before.moments[1][i];
    const double m_error = (1 - beta1) * e + 4 * u * (std::abs(old_m) + std::abs((1 - beta1) * g));
    const double v_error = (1 - beta2) * (2 * std::abs(g) + e) * e + 4 * u * (old_v + (1 - beta2) * g * g);
    misses.moment1 += !(std::abs(m - (old_m + (1 - beta1) * g)) <= m_error);
    misses.moment2 += !(std::abs(v - (old_v + (1 - beta2) * g * g)) <= v_error);
    const double w = before.parameters[i], expected = reference::adam_parameter(adam, w, m, v, step);
    misses.parameter += !(std::abs(after.parameters[i] - expected) <=
                          10 * u * std::abs(expected - w) + u * std::abs(expected));
  }
  return misses;
}

}  // namespace

TEST_CASE("each of many Adam steps is the one that Algorithm 1 makes of the program's state", "[optimizer]") {
  const Graph graph = small_network();
  const Adam variants[] = {Adam{}, Adam{.learning_rate = 0.01f, .epsilon = 1e-2f},
                           Adam{.learning_rate = 1e-3f, .beta1 = 0.5f, .beta2 = 0.75f},
                           Adam{.learning_rate = 1e-3f, .beta1 = 0.0f}};
  for (auto& [name, backend] : available_backends())
    for (const Adam& adam : variants) {
      INFO(name << ", lr " << adam.learning_rate.base << ", beta1 " << adam.beta1 << ", epsilon "
                << adam.epsilon);
      RandomSequence random = reference::random_for(2);
      Driver driver(*backend, graph, {.batch = 7, .optimizer = adam});
      driver.program().set_parameters(reference::draw_parameters(graph, random));
      State before = state_of(driver.program());
      for (int step = 0; step < kSteps; ++step) {
        const Batch batch = reference::draw_batch_away_from_kinks(graph, before.parameters, 7, random);
        const auto exact = reference::train_pass(graph, widen(before.parameters), batch.pixels, batch.labels);
        driver.train(batch, step);
        const State after = state_of(driver.program());
        const AdamMisses misses =
            adam_misses(adam, step, before, after, exact.gradient.values, gradient_errors(graph, exact));
        INFO("step " << step);
        CHECK(misses.moment1 == 0);
        CHECK(misses.moment2 == 0);
        CHECK(misses.parameter == 0);
        before = after;
      }
    }
}

TEST_CASE("Adam's bias correction still counts after many thousand steps", "[optimizer]") {
  const Graph graph = smooth_network();
  const Adam adam{.learning_rate = 1e-3f};
  for (auto& [name, backend] : available_backends())
    for (const std::int64_t step : {999, 19'999, 100'000'000}) {
      INFO(name << ", step " << step);
      RandomSequence random = reference::random_for(3);
      Driver driver(*backend, graph, {.batch = 4, .optimizer = adam});
      driver.program().set_parameters(reference::draw_parameters(graph, random));
      const State before = state_of(driver.program());
      const Batch batch = reference::draw_batch(graph, 4, random);
      driver.train(batch, step);
      const State after = state_of(driver.program());
      int misses = 0;
      for (std::size_t i = 0; i < after.parameters.size(); ++i) {
        const double w = before.parameters[i];
        const double expected =
            reference::adam_parameter(adam, w, after.moments[0][i], after.moments[1][i], step);
        misses += !(std::abs(after.parameters[i] - expected) <=
                    tolerance::kRoundoff * (10 * std::abs(expected - w) + std::abs(expected)));
      }
      CHECK(misses == 0);
    }
}

TEST_CASE("each of many SGD steps goes against the reference's gradient", "[optimizer]") {
  const Graph graph = small_network();
  const Sgd sgd{.learning_rate = 0.05f};
  for (auto& [name, backend] : available_backends()) {
    INFO(name);
    RandomSequence random = reference::random_for(4);
    Driver driver(*backend, graph, {.batch = 7, .optimizer = sgd});
    driver.program().set_parameters(reference::draw_parameters(graph, random));
    CHECK(driver.program().moments().empty());
    std::vector<float> before = driver.program().parameters();
    for (int step = 0; step < kSteps; ++step) {
      const Batch batch = reference::draw_batch_away_from_kinks(graph, before, 7, random);
      const Values old = widen(before);
      const auto exact = reference::train_pass(graph, old, batch.pixels, batch.labels);
      const Values errors = gradient_errors(graph, exact);
      driver.train(batch, step);
      const std::vector<float> after = driver.program().parameters();
      int misses = 0;
      for (std::size_t i = 0; i < after.size(); ++i) {
        const double expected = old[i] - sgd.learning_rate.base * exact.gradient.values[i];
        misses += !(std::abs(after[i] - expected) <=
                    sgd.learning_rate.base * errors[i] +
                        tolerance::kRoundoff * (std::abs(expected) + std::abs(old[i])));
      }
      INFO("step " << step);
      CHECK(misses == 0);
      before = after;
    }
  }
}

// A run of its own, whose errors may add up. A step's error is what rounding does to the gradient, divided by
// Adam's least denominator ε (chosen so large that a gradient near 0 is not blown up to a full step, and that
// ε's place shows), and one rounding of the parameter; the loss's curvature lets it grow, here less than
// tenfold over the run. The run itself moves parameters by 0.1 and more.
TEST_CASE("a run of many steps stays with the reference's run, also under a learning rate that changes",
          "[optimizer]") {
  const Graph graph = smooth_network();
  // Adam's step is at most its learning rate times the gradient over ε.
  const Run runs[] = {
      {Sgd{.learning_rate = 0.05f}, 0.05},
      {Adam{.learning_rate = 5e-3f, .epsilon = 1e-2f}, 0.5},
      // Rises, falls and stays within the run, so that a replayed step that kept its first rate is far off.
      {Sgd{.learning_rate = LearningRate::linear(0.1f, 5, kSteps - 10, 0.001f)}, 0.1},
      {Adam{.learning_rate = LearningRate::linear(1e-2f, 5, kSteps - 10, 1e-4f), .epsilon = 1e-2f}, 1}};
  for (auto& [name, backend] : available_backends())
    for (const auto& [optimizer, factor] : runs) {
      INFO(name << ", " << optimizer_name(optimizer));
      RandomSequence random = reference::random_for(5);
      const std::vector<float> begin = reference::draw_parameters(graph, random);
      Driver driver(*backend, graph, {.batch = 9, .optimizer = optimizer});
      driver.program().set_parameters(begin);
      reference::TrainingState state = reference::initial_state(optimizer, widen(begin));
      double error = 0;
      for (int step = 0; step < kSteps; ++step) {
        const Batch batch = reference::draw_batch(graph, 9, random);
        const auto exact = reference::train_pass(graph, state.parameters, batch.pixels, batch.labels);
        reference::optimizer_step(optimizer, exact.gradient.values, step, state);
        driver.train(batch, step);
        error += factor * largest(gradient_errors(graph, exact)) +
                 tolerance::kRoundoff * largest(state.parameters);
      }
      CHECK(largest_error(driver.program().parameters(), state.parameters) <= 10 * error);
      CHECK(largest_error(begin, state.parameters) > 0.1);
      CHECK(10 * error < 1e-2);
    }
}
