#include <algorithm>
#include <cmath>

#include "tests/reference/interpreter.hpp"
#include "tests/support/catch.hpp"

using namespace lenet;
using namespace lenet::reference;

namespace {

/// A graph of one layer, with parameters chosen by hand.
struct OneLayer {
  Graph graph;
  Values parameters;

  Place place(std::int64_t count, std::optional<DropoutKey> dropout = {}) const {
    const Node& node = graph.nodes()[0];
    const std::span<const double> all(parameters);
    if (node.parameters.empty()) return {.node = node, .count = count, .dropout = dropout};
    const auto weights = static_cast<std::size_t>(graph.parameters()[0].count());
    return {.node = node, .count = count, .parameters = {all.first(weights), all.subspan(weights)}};
  }
};

OneLayer one_layer(Image input, Layer layer, Values parameters = {}) {
  Graph graph(input);
  graph.add(layer);
  return {.graph = std::move(graph), .parameters = std::move(parameters)};
}

}  // namespace

TEST_CASE("a convolution is a cross-correlation: the kernel is not flipped", "[reference]") {
  // The upper left of each 2×2 square once and its lower right twice: 1 + 2·5, 2 + 2·6, 4 + 2·8, 5 + 2·9.
  const auto conv = one_layer({.channels = 1, .height = 3, .width = 3}, Conv2d{.filters = 1, .kernel = 2},
                              {1, 0, 0, 2, 0.5});
  CHECK(layer_forward(conv.place(1), {1, 2, 3, 4, 5, 6, 7, 8, 9}) == Values{11.5, 14.5, 20.5, 23.5});
}

TEST_CASE("padding 'same' puts zeros around the image and keeps its size", "[reference]") {
  // The kernel picks the right-hand and, doubled, the lower neighbour.
  const auto conv =
      one_layer({.channels = 1, .height = 2, .width = 3},
                Conv2d{.filters = 1, .kernel = 3, .padding = Padding::same}, {0, 0, 0, 0, 0, 1, 0, 2, 0, 0});
  CHECK(layer_forward(conv.place(1), {1, 2, 3, 4, 5, 6}) == Values{2 + 8, 3 + 10, 0 + 12, 5, 6, 0});
}

TEST_CASE("a convolution adds up its input channels and keeps samples and filters apart", "[reference]") {
  // Two samples of two 1×2 channels; filter 0 takes a + 10 b, filter 1 takes 100 a, with biases 0 and 1.
  const auto conv = one_layer({.channels = 2, .height = 1, .width = 2}, Conv2d{.filters = 2, .kernel = 1},
                              {1, 10, 100, 0, 0, 1});
  CHECK(layer_forward(conv.place(2), {1, 2, 3, 4, 5, 6, 7, 8}) == Values{31, 42, 101, 201, 75, 86, 501, 601});
}

TEST_CASE("the gradients of a 1-wide convolution are sums over pixels and samples", "[reference]") {
  const auto conv =
      one_layer({.channels = 1, .height = 1, .width = 2}, Conv2d{.filters = 1, .kernel = 1}, {3, 0});
  const Values input{1, 2, 3, 4}, output_gradient{1, 10, 100, 1000};
  const auto gradient = layer_parameter_gradient(conv.place(2), input, output_gradient);
  CHECK(gradient[0] == Values{1 + 20 + 300 + 4000});
  CHECK(gradient[1] == Values{1111});
  CHECK(layer_input_gradient(conv.place(2), input, output_gradient) == Values{3, 30, 300, 3000});
}

TEST_CASE("a dense layer computes W x + b and its three gradients", "[reference]") {
  Graph graph(Image{.channels = 1, .height = 1, .width = 2});
  graph.add(Flatten{}).add(Linear{.units = 2});
  const Values weight{1, 2, 3, 4}, bias{10, 20};
  const Place place{.node = graph.nodes()[1], .count = 2, .parameters = {weight, bias}};
  const Values input{1, 0, 5, 6}, output_gradient{1, 2, 3, 4};
  CHECK(layer_forward(place, input) == Values{11, 23, 27, 59});
  const auto gradient = layer_parameter_gradient(place, input, output_gradient);
  CHECK(gradient[0] == Values{1 + 15, 18, 2 + 20, 24});
  CHECK(gradient[1] == Values{4, 6});
  CHECK(layer_input_gradient(place, input, output_gradient) == Values{7, 10, 15, 22});
}

TEST_CASE("max-pooling drops ragged edges and gives the gradient to the first maximum", "[reference]") {
  const auto pool = one_layer({.channels = 1, .height = 3, .width = 5}, MaxPool2d{.window = 2});
  const Values input{
      7, 7, 1, 2, 9,  //
      7, 7, 2, 2, 9,  //
      9, 9, 9, 9, 9,
  };
  CHECK(layer_forward(pool.place(1), input) == Values{7, 2});
  CHECK(layer_input_gradient(pool.place(1), input, {1, 10}) ==
        Values{1, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("ReLU passes what is positive; its gradient at 0 is 0", "[reference]") {
  const auto relu = one_layer({.channels = 1, .height = 1, .width = 3}, Relu{});
  CHECK(layer_forward(relu.place(1), {-1, 0, 2}) == Values{0, 0, 2});
  CHECK(layer_input_gradient(relu.place(1), {-1, 0, 2}, {5, 5, 5}) == Values{0, 0, 5});
}

TEST_CASE("flatten keeps the order channel, row, column", "[reference]") {
  const auto flatten = one_layer({.channels = 2, .height = 1, .width = 2}, Flatten{});
  CHECK(layer_forward(flatten.place(1), {1, 2, 3, 4}) == Values{1, 2, 3, 4});
  CHECK(flatten.graph.output() == Shape{4});
}

TEST_CASE("dropout drops or scales in training, alike forward and backward, and rests in evaluation",
          "[reference]") {
  const auto dropout = one_layer({.channels = 1, .height = 20, .width = 25}, Dropout{.rate = 0.75f});
  const Values ones(500, 1.0);
  const Values masked = layer_forward(dropout.place(1, DropoutKey{.seed = 1, .step = 2}), ones);
  const auto kept = std::ranges::count(masked, 4.0);
  CHECK(kept + std::ranges::count(masked, 0.0) == 500);
  CHECK(std::abs(static_cast<double>(kept) - 125) < 5 * std::sqrt(500 * 0.75 * 0.25));
  CHECK(layer_input_gradient(dropout.place(1, DropoutKey{.seed = 1, .step = 2}), ones, ones) == masked);
  CHECK(layer_forward(dropout.place(1, DropoutKey{.seed = 1, .step = 3}), ones) != masked);
  CHECK(layer_forward(dropout.place(1, DropoutKey{.seed = 2, .step = 2}), ones) != masked);
  CHECK(layer_forward(dropout.place(1), ones) == ones);
}

TEST_CASE("the loss of equal logits is ln(classes), and the first of equal logits is the prediction",
          "[reference]") {
  const std::vector<std::uint8_t> labels{0, 2};
  const Loss loss = cross_entropy(Values{3, 3, 3, 3, -1, -1, -1, -1}, labels);
  CHECK(loss.sum == Approx(2 * std::log(4.0)).epsilon(1e-15));
  CHECK(loss.correct == 1);
  CHECK(loss.gradient == Values{-0.375, 0.125, 0.125, 0.125, 0.125, 0.125, -0.375, 0.125});
}

TEST_CASE("the loss is exact at extreme logits", "[reference]") {
  const std::vector<std::uint8_t> worst{0}, best{1};
  const Values logits{-1e4, 1e4};
  CHECK(cross_entropy(logits, worst).sum == 2e4);
  CHECK(cross_entropy(logits, best).sum == 0);
  CHECK(cross_entropy(logits, worst).gradient == Values{-1, 1});
}
