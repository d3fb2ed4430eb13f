#include "models/models.hpp"

namespace lenet::models {

// A LeNet after the tutorial: two convolutions, each with ReLU and max-pooling, one hidden dense layer.
Model cnn(const ModelOptions& options) {
  Graph graph(Image{.channels = 1, .height = 28, .width = 28});
  graph.add("conv1", Conv2d{.filters = 32, .kernel = 5, .padding = Padding::same});  // 32×28×28
  graph.add(Relu{});
  graph.add(MaxPool2d{.window = 2});                                                 // 32×14×14
  graph.add("conv2", Conv2d{.filters = 64, .kernel = 5, .padding = Padding::same});  // 64×14×14
  graph.add(Relu{});
  graph.add(MaxPool2d{.window = 2});        // 64×7×7
  graph.add(Flatten{});                     // 3136
  graph.add("fc1", Linear{.units = 1024});  // 1024
  graph.add(Relu{});
  graph.add(Dropout{.rate = options.dropout.value_or(0.5f)});
  graph.add("fc2", Linear{.units = 10});  // logits

  const bool tutorial = options.recipe == "tutorial";
  Recipe recipe{.name = "keras", .optimizer = Adam{.learning_rate = 1e-4f}, .batch = 50, .epochs = 18};
  if (tutorial)
    recipe = {.name = "tutorial", .optimizer = Adam{.learning_rate = 1e-4f}, .batch = 50, .steps = 20'000};
  return {.graph = std::move(graph),
          .initializer = {.stddev = 0.1f, .bias = 0.1f, .truncated = tutorial},
          .recipe = std::move(recipe)};
}

}  // namespace lenet::models
