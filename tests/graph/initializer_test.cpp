#include "engine/graph/initializer.hpp"

#include <algorithm>
#include <cmath>

#include "tests/support/catch.hpp"

using namespace lenet;

namespace {

Graph dense_graph() {
  Graph graph(Image{.channels = 1, .height = 28, .width = 28});
  graph.add(Flatten{}).add("fc1", Linear{.units = 100}).add("fc2", Linear{.units = 10});
  return graph;
}

}  // namespace

TEST_CASE("weights are normal, biases equal, and a seed fixes both", "[initializer]") {
  const Graph graph = dense_graph();
  const Initializer normal{.stddev = 0.1f, .bias = 0.25f};
  const auto values = initial_parameters(graph, normal, 5);
  CHECK(values == initial_parameters(graph, normal, 5));
  CHECK(values != initial_parameters(graph, normal, 6));
  const Parameter& bias = graph.parameters()[1];
  for (std::int64_t i = 0; i < bias.count(); ++i)
    CHECK(values[static_cast<std::size_t>(bias.offset + i)] == 0.25f);
  double squares = 0;
  const auto count = static_cast<std::size_t>(graph.parameters()[0].count());
  for (std::size_t i = 0; i < count; ++i)
    squares += static_cast<double>(values[i]) * static_cast<double>(values[i]);
  CHECK(std::sqrt(squares / static_cast<double>(count)) == Approx(0.1).epsilon(0.02));
  CHECK(std::any_of(values.begin(), values.end(), [](float value) { return std::abs(value) > 0.25f; }));
}

TEST_CASE("truncated weights stay within two standard deviations", "[initializer]") {
  const auto values = initial_parameters(dense_graph(), {.stddev = 0.1f, .truncated = true}, 5);
  CHECK(std::ranges::all_of(values, [](float value) { return std::abs(value) <= 0.2f; }));
  CHECK(std::ranges::any_of(values, [](float value) { return std::abs(value) > 0.19f; }));
}

TEST_CASE("stddev 0 gives zeros", "[initializer]") {
  const auto values = initial_parameters(dense_graph(), {}, 5);
  CHECK(std::ranges::all_of(values, [](float value) { return value == 0.0f; }));
}
