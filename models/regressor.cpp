#include "models/models.hpp"

namespace lenet::models {

// Softmax regression. The logits are linear in the pixels, so the loss is convex and training can start at
// zero.
Model regressor(const ModelOptions& options) {
  Graph graph(Image{.channels = 1, .height = 28, .width = 28});
  graph.add(Flatten{});                  // 784
  graph.add("fc", Linear{.units = 10});  // logits

  Recipe recipe{.name = "keras", .optimizer = Sgd{.learning_rate = 0.5f}, .batch = 100, .epochs = 18};
  if (options.recipe == "tutorial")
    recipe = {.name = "tutorial", .optimizer = Sgd{.learning_rate = 0.5f}, .batch = 100, .steps = 1'000};
  return {.graph = std::move(graph), .initializer = {}, .recipe = std::move(recipe)};
}

}  // namespace lenet::models
