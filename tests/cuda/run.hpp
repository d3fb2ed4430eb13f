#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "engine/backend.hpp"
#include "tests/layers/driver.hpp"
#include "tests/reference/draw.hpp"

namespace lenet {

/// A small CNN; its first kernel is not 5×5, which takes the simulator a long time on one channel.
inline Graph small_cnn() {
  Graph graph(Image{.channels = 1, .height = 8, .width = 8});
  graph.add(Conv2d{.filters = 4, .kernel = 3, .padding = Padding::same}).add(Relu{}).add(MaxPool2d{});
  graph.add(Conv2d{.filters = 8, .kernel = 5, .padding = Padding::same}).add(Relu{}).add(MaxPool2d{});
  graph.add(Flatten{}).add(Linear{.units = 24}).add(Relu{}).add(Dropout{.rate = 0.5f});
  graph.add(Linear{.units = 10});
  return graph;
}

/// The first layers of the CNN, which are one kernel: 5×5 convolution, ReLU and pooling.
inline Graph tiny_lenet() {
  Graph graph(Image{.channels = 1, .height = 9, .width = 8});
  graph.add(Conv2d{.filters = 3, .kernel = 5, .padding = Padding::same}).add(Relu{}).add(MaxPool2d{});
  graph.add(Flatten{}).add(Linear{.units = 10});
  return graph;
}

/// Three dense layers; the second is the first with a data gradient.
inline Graph small_mlp() {
  Graph graph(Image{.channels = 1, .height = 5, .width = 3});
  graph.add(Flatten{}).add(Linear{.units = 9}).add(Relu{}).add(Linear{.units = 7}).add(Relu{});
  graph.add(Dropout{.rate = 0.25f}).add(Linear{.units = 10});
  return graph;
}

/// A training run that is the same on every backend.
struct Run {
  Graph graph;
  CompileOptions options;
  std::vector<float> parameters;
  std::vector<reference::Batch> batches;

  /// `count` random batches of random parameters, the same each time.
  Run(Graph of, std::int64_t batch, std::size_t count) : graph(std::move(of)) {
    RandomSequence random = reference::random_for(11);
    options.training = TrainingOptions{.batch = batch, .optimizer = Adam{.learning_rate = 1e-3f}, .seed = 5};
    parameters = reference::draw_parameters(graph, random);
    for (std::size_t i = 0; i < count; ++i) batches.push_back(reference::draw_batch(graph, batch, random));
  }

  Driver start(Backend& backend, const CompileOptions& with) const {
    Driver driver(backend, graph, with);
    driver.program().set_parameters(parameters);
    return driver;
  }

  void train(Driver& driver, std::int64_t until, std::int64_t from = 0) const {
    for (std::int64_t step = from; step < until; ++step)
      driver.train(batches[static_cast<std::size_t>(step) % batches.size()], step);
  }
};

/// ‖a - b‖ / ‖b‖. Of a whole tensor: single elements may jump where rounding moves a value across ReLU's
/// kink.
template <class Numbers>
double relative_distance(const Numbers& a, std::span<const double> b) {
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    difference += (static_cast<double>(a[i]) - b[i]) * (static_cast<double>(a[i]) - b[i]);
    size += b[i] * b[i];
  }
  return std::sqrt(difference / size);
}

}  // namespace lenet
