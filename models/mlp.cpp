#include "models/models.hpp"

namespace lenet::models {

// One hidden layer of 512 units.
Model mlp(const ModelOptions& options) {
  Graph graph(Image{.channels = 1, .height = 28, .width = 28});
  graph.add(Flatten{});                    // 784
  graph.add("fc1", Linear{.units = 512});  // 512
  graph.add(Relu{});
  graph.add("fc2", Linear{.units = 10});  // logits

  Recipe recipe{.name = "keras", .optimizer = Adam{.learning_rate = 1e-4f}, .batch = 50, .epochs = 18};
  if (options.recipe == "tutorial")
    recipe = {.name = "tutorial", .optimizer = Adam{.learning_rate = 1e-4f}, .batch = 50, .steps = 20'000};
  return {
      .graph = std::move(graph), .initializer = {.stddev = 0.1f, .bias = 0.1f}, .recipe = std::move(recipe)};
}

}  // namespace lenet::models
