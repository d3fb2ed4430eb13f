#include <cmath>
#include <limits>
#include <vector>

#include "tests/layers/driver.hpp"
#include "tests/reference/draw.hpp"
#include "tests/support/backends.hpp"
#include "tests/support/catch.hpp"

using namespace lenet;

namespace {

/// Every kind of layer, with what follows it fused and not.
Graph network() {
  Graph graph(Image{.channels = 1, .height = 12, .width = 12});
  graph.add(Conv2d{.filters = 4, .kernel = 5, .padding = Padding::same}).add(Relu{}).add(MaxPool2d{});
  graph.add(Conv2d{.filters = 5, .kernel = 3}).add(Relu{}).add(MaxPool2d{}).add(Relu{});
  graph.add(Flatten{})
      .add(Linear{.units = 7})
      .add(Relu{})
      .add(Dropout{.rate = 0.25f})
      .add(Linear{.units = 3});
  return graph;
}

}  // namespace

TEST_CASE("a NaN in any one parameter is seen at once, in training and in evaluation", "[nan]") {
  const Graph graph = network();
  RandomSequence random = reference::random_for(8);
  const std::vector<float> parameters = reference::draw_parameters(graph, random);
  const reference::Batch batch = reference::draw_batch(graph, 6, random);
  for (auto& [name, backend] : available_backends())
    for (const Parameter& parameter : graph.parameters()) {
      INFO(name << ", " << parameter.name);
      std::vector<float> poisoned = parameters;
      const std::int64_t in_the_middle = parameter.offset + parameter.count() / 2;
      poisoned[static_cast<std::size_t>(in_the_middle)] = std::numeric_limits<float>::quiet_NaN();
      Driver driver(*backend, graph, {.batch = 6});
      driver.program().set_parameters(poisoned);
      driver.train(batch, 41);
      const Metrics training = driver.program().metrics();
      CHECK(training.first_nonfinite_step == 41);
      driver.program().reset_metrics();

      Driver inference(*backend, graph, CompileOptions{});
      inference.program().set_parameters(poisoned);
      inference.evaluate(batch);
      CHECK_FALSE(std::isfinite(inference.program().metrics().loss_sum));
    }
}
