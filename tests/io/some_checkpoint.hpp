#pragma once

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "engine/core/random.hpp"
#include "engine/io/checkpoint.hpp"
#include "tests/support/read_all.hpp"

/// A small graph, and checkpoints of it with a value in every field.
namespace lenet::io {

inline Graph small_graph() {
  Graph graph(Image{.channels = 1, .height = 4, .width = 4});
  graph.add("conv1", Conv2d{.filters = 2, .kernel = 3, .padding = Padding::same});
  graph.add(Flatten{});
  graph.add("fc1", Linear{.units = 3});
  return graph;
}

inline std::vector<float> numbers(std::int64_t count, std::uint64_t seed) {
  RandomSequence random(seed, RandomStream::initial_weights, 0);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = static_cast<float>(random.normal());
  return values;
}

inline Checkpoint some_checkpoint(const Graph& graph) {
  return {.info = {.model = "cnn",
                   .recipe = "keras",
                   .epoch = 3,
                   .step = 3300,
                   .val_loss = 0.1 + 0.2,
                   .val_accuracy = 1.0 / 3.0,
                   .seed = 18446744073709551615u,
                   .dropout = 0.4f,
                   .validation_count = 123,
                   .class_names = ClassNames({"靴", "\"boot\"", "T-shirt/top"})},
          .parameters = numbers(graph.parameter_count(), 1)};
}

inline Checkpoint some_training_checkpoint(const Graph& graph) {
  Checkpoint checkpoint = some_checkpoint(graph);
  checkpoint.state = RunState{.step = checkpoint.info.step,
                              .evaluations = 3,
                              .best_val_loss = std::nextafter(0.25, 1.0),
                              .best_val_accuracy = std::nextafter(0.9, 1.0),
                              .best_evaluation = 2,
                              .evaluations_without_progress = 1,
                              .training = {.loss_sum = 1e-300, .correct = 17, .count = 50}};
  checkpoint.moments = {numbers(graph.parameter_count(), 2), numbers(graph.parameter_count(), 3)};
  checkpoint.labels_sha256 = std::string(64, 'd');
  checkpoint.settings = {{"batch", "50"}, {"lr", "0.001"}};
  return checkpoint;
}

inline void write_all(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace lenet::io
