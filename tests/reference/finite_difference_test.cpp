#include <cmath>

#include "tests/reference/draw.hpp"
#include "tests/reference/interpreter.hpp"
#include "tests/support/catch.hpp"

using namespace lenet;
using namespace lenet::reference;

namespace {

double mean_loss(const Graph& graph, const Values& parameters, const Batch& batch,
                 std::optional<DropoutKey> dropout) {
  const Pass pass = forward(graph, parameters, batch.pixels, dropout);
  return cross_entropy(pass.logits(), batch.labels).sum / static_cast<double>(batch.count());
}

/// Compares every parameter's gradient with the central difference over ±h. Its error is h²/6 times a third
/// derivative (below 100 in graphs this small: 2e-9) and the loss's roundoff over h (1e-15 / 1e-5: 1e-10); a
/// wrong formula is off by a good part of a typical gradient, 1e-3 and more. The batch lies 1e-3 of a layer's
/// range away from every kink, and h moves no value by more than a tenth of that: nothing need be skipped.
void check_every_parameter(const Graph& graph, std::int64_t count, std::uint64_t test,
                           std::optional<DropoutKey> dropout = {}) {
  constexpr double kStep = 1e-5, kTolerance = 1e-8;
  RandomSequence random = random_for(test);
  const std::vector<float> weights = draw_parameters(graph, random);
  const Batch batch = draw_batch_away_from_kinks(graph, weights, count, random, dropout, 1e-3);
  Values parameters = widen(weights);
  const Gradient gradient = train_pass(graph, parameters, batch.pixels, batch.labels, dropout).gradient;
  double largest = 0;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const double middle = parameters[i];
    parameters[i] = middle + kStep;
    const double above = mean_loss(graph, parameters, batch, dropout);
    parameters[i] = middle - kStep;
    const double below = mean_loss(graph, parameters, batch, dropout);
    parameters[i] = middle;
    INFO("parameter " << i);
    CHECK(std::abs((above - below) / (2 * kStep) - gradient.values[i]) < kTolerance);
    CHECK(std::abs(gradient.values[i]) <= gradient.magnitudes[i] * (1 + 1e-12));
    largest = std::max(largest, std::abs(gradient.values[i]));
  }
  CHECK(largest > 1e-2);  // that the comparison had something to compare
}

}  // namespace

TEST_CASE("softmax regression's gradient is the slope of its loss", "[reference]") {
  Graph graph(Image{.channels = 1, .height = 3, .width = 4});
  graph.add(Flatten{}).add(Linear{.units = 5});
  check_every_parameter(graph, 6, 1);
}

TEST_CASE("a multilayer perceptron's gradient is the slope of its loss", "[reference]") {
  Graph graph(Image{.channels = 2, .height = 3, .width = 3});
  graph.add(Flatten{}).add(Linear{.units = 9}).add(Relu{}).add(Linear{.units = 7}).add(Relu{});
  graph.add(Linear{.units = 4});
  check_every_parameter(graph, 5, 2);
}

TEST_CASE("a gradient through convolutions of both paddings is the slope of the loss", "[reference]") {
  Graph graph(Image{.channels = 2, .height = 6, .width = 5});
  graph.add(Conv2d{.filters = 3, .kernel = 3, .padding = Padding::same}).add(Relu{});
  graph.add(Conv2d{.filters = 2, .kernel = 2}).add(Relu{});
  graph.add(Conv2d{.filters = 2, .kernel = 5, .padding = Padding::same});
  graph.add(Flatten{}).add(Linear{.units = 3});
  check_every_parameter(graph, 3, 3);
}

TEST_CASE("a gradient through ragged max-pooling is the slope of the loss", "[reference]") {
  Graph graph(Image{.channels = 1, .height = 8, .width = 7});
  graph.add(Conv2d{.filters = 2, .kernel = 3, .padding = Padding::same}).add(MaxPool2d{.window = 3});
  graph.add(Conv2d{.filters = 3, .kernel = 1}).add(Relu{}).add(MaxPool2d{.window = 2});
  graph.add(Flatten{}).add(Linear{.units = 3});
  check_every_parameter(graph, 4, 4);
}

TEST_CASE("a gradient through dropout, of images and of vectors, is the slope of the masked loss",
          "[reference]") {
  Graph graph(Image{.channels = 1, .height = 4, .width = 5});
  graph.add(Conv2d{.filters = 3, .kernel = 3}).add(Dropout{.rate = 0.3f}).add(Relu{});
  graph.add(Flatten{}).add(Linear{.units = 6}).add(Dropout{.rate = 0.5f}).add(Linear{.units = 3});
  check_every_parameter(graph, 5, 5, DropoutKey{.seed = 9, .step = 3});
}
