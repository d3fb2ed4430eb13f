#include "engine/graph/graph.hpp"

#include "engine/core/error.hpp"
#include "tests/support/catch.hpp"

using namespace lenet;

TEST_CASE("shapes follow the layers", "[graph]") {
  Graph graph(Image{.channels = 3, .height = 9, .width = 12});
  graph.add(Conv2d{.filters = 4, .kernel = 3, .padding = Padding::same});
  CHECK(graph.output() == Shape{4, 9, 12});
  graph.add(Conv2d{.filters = 5, .kernel = 4});
  CHECK(graph.output() == Shape{5, 6, 9});
  graph.add(MaxPool2d{.window = 2});
  CHECK(graph.output() == Shape{5, 3, 4});
  graph.add(Flatten{});
  CHECK(graph.output() == Shape{60});
  graph.add(Linear{.units = 10});
  CHECK(graph.classes() == 10);
}

TEST_CASE("parameters lie one after another under PyTorch's names", "[graph]") {
  Graph graph(Image{.channels = 2, .height = 4, .width = 4});
  graph.add("conv1", Conv2d{.filters = 3, .kernel = 3}).add(Flatten{}).add("fc", Linear{.units = 5});
  const auto parameters = graph.parameters();
  REQUIRE(parameters.size() == 4);
  CHECK(parameters[0].name == "conv1.weight");
  CHECK(parameters[0].shape == Shape{3, 2, 3, 3});
  CHECK(parameters[1].name == "conv1.bias");
  CHECK(parameters[1].initialization == Initialization::constant);
  CHECK(parameters[1].suffix() == "bias");
  CHECK(parameters[2].name == "fc.weight");
  CHECK(parameters[2].shape == Shape{5, 12});
  CHECK(parameters[2].layer == 2);
  std::int64_t offset = 0;
  for (const Parameter& parameter : parameters) {
    CHECK(parameter.offset == offset);
    offset += parameter.count();
  }
  CHECK(graph.parameter_count() == offset);
  CHECK(graph.nodes()[2].parameters == std::vector{2, 3});
  CHECK(graph.nodes()[1].parameters.empty());
}

TEST_CASE("layers that do not fit are refused with the layer's name", "[graph]") {
  Graph graph(Image{.channels = 1, .height = 5, .width = 5});
  CHECK_THROWS_WITH(graph.add("big", Conv2d{.filters = 1, .kernel = 7}),
                    contains("'big'") && contains("1×5×5"));
  CHECK_THROWS_AS(graph.add(Conv2d{.filters = 1, .kernel = 4, .padding = Padding::same}), GraphError);
  CHECK_THROWS_WITH(graph.add(Linear{.units = 3}), contains("add Flatten"));
  CHECK_THROWS_AS(graph.add(MaxPool2d{.window = 6}), GraphError);
  CHECK_THROWS_AS(graph.add(Dropout{.rate = 1.0f}), GraphError);
  CHECK_THROWS_AS(graph.add(Linear{.units = 0}), GraphError);
  graph.add("a", Relu{});
  CHECK_THROWS_WITH(graph.add("a", Relu{}), contains("taken"));
  CHECK_THROWS_AS(graph.classes(), GraphError);
  CHECK(graph.nodes().size() == 1);
}
