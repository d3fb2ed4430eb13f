#include "engine/io/checkpoint.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/io/safetensors.hpp"
#include "tests/io/old_checkpoint.hpp"
#include "tests/io/some_checkpoint.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace lenet;
using namespace lenet::io;

TEST_CASE("a checkpoint reads back as it was written, to the last bit", "[checkpoint]") {
  const TemporaryFolder folder;
  const Graph graph = small_graph();
  const Checkpoint written = some_training_checkpoint(graph);
  save_checkpoint(folder / "last.bin", graph, written);
  const Checkpoint read = load_checkpoint(folder / "last.bin", graph);
  CHECK(read.info.model == "cnn");
  CHECK(read.info.recipe == "keras");
  CHECK(read.info.epoch == 3);
  CHECK(read.info.step == 3300);
  CHECK(read.info.val_loss == written.info.val_loss);
  CHECK(read.info.val_accuracy == written.info.val_accuracy);
  CHECK(read.info.seed == written.info.seed);
  CHECK(read.info.dropout == 0.4f);
  CHECK(read.info.validation_count == 123);
  CHECK(read.info.class_names == written.info.class_names);
  CHECK(read.parameters == written.parameters);
  CHECK(read.moments == written.moments);
  CHECK(read.labels_sha256 == written.labels_sha256);
  CHECK(read.settings == written.settings);
  REQUIRE(read.state);
  CHECK(read.state->step == 3300);
  CHECK(read.state->evaluations == 3);
  CHECK(read.state->best_val_loss == written.state->best_val_loss);
  CHECK(read.state->best_val_accuracy == written.state->best_val_accuracy);
  CHECK(read.state->best_evaluation == 2);
  CHECK(read.state->evaluations_without_progress == 1);
  CHECK(read.state->training.loss_sum == 1e-300);
  CHECK(read.state->training.correct == 17);
  CHECK(read.state->training.count == 50);
}

TEST_CASE("the metadata of a checkpoint are read without its arrays, and their digest tells files apart",
          "[checkpoint]") {
  const TemporaryFolder folder;
  const Graph graph = small_graph();
  Checkpoint written = some_training_checkpoint(graph);
  save_checkpoint(folder / "last.bin", graph, written);
  const Checkpoint read = read_checkpoint_metadata(folder / "last.bin");
  CHECK(read.parameters.empty());
  CHECK(read.moments.empty());
  CHECK(read.info.step == 3300);
  CHECK(read.settings == written.settings);
  REQUIRE(read.state);
  CHECK(read.state->best_evaluation == 2);
  CHECK(read.info.digest.size() == 64);
  CHECK(load_checkpoint(folder / "last.bin", graph).info.digest == read.info.digest);
  written.parameters.front() += 1;
  save_checkpoint(folder / "last.bin", graph, written);
  CHECK(read_checkpoint_info(folder / "last.bin").digest != read.info.digest);
}

TEST_CASE("weights without names of classes have no metadata about them", "[checkpoint]") {
  const TemporaryFolder folder;
  const Graph graph = small_graph();
  Checkpoint unnamed = some_checkpoint(graph);
  unnamed.info.class_names = {};
  save_checkpoint(folder / "unnamed.bin", graph, unnamed);
  CHECK(SafetensorsReader(folder / "unnamed.bin").header().metadata.count("class_names") == 0);
  CHECK(load_checkpoint(folder / "unnamed.bin", graph).info.class_names.empty());

  save_checkpoint(folder / "named.bin", graph, some_checkpoint(graph));
  CHECK(SafetensorsReader(folder / "named.bin").header().metadata.at("class_names") ==
        "靴\n\"boot\"\nT-shirt/top");
}

TEST_CASE("a checkpoint holds any number of moments", "[checkpoint]") {
  const TemporaryFolder folder;
  const Graph graph = small_graph();
  Checkpoint written = some_training_checkpoint(graph);
  for (const std::size_t count : {0, 1, 3}) {
    written.moments.clear();
    for (std::uint64_t seed = 0; seed < count; ++seed)
      written.moments.push_back(numbers(graph.parameter_count(), seed));
    save_checkpoint(folder / "last.bin", graph, written);
    const Checkpoint read = load_checkpoint(folder / "last.bin", graph);
    CHECK(read.state);
    CHECK(read.moments == written.moments);
  }
}

TEST_CASE("the metadata of last.bin has the keys that later versions will read", "[checkpoint]") {
  const TemporaryFolder folder;
  const Graph graph = small_graph();
  save_checkpoint(folder / "last.bin", graph, some_training_checkpoint(graph));
  std::vector<std::string> keys;
  const SafetensorsReader reader(folder / "last.bin");
  for (const auto& [key, value] : reader.header().metadata) keys.push_back(key);
  CHECK(keys == std::vector<std::string>{"class_names",
                                         "digest",
                                         "dropout",
                                         "epoch",
                                         "format",
                                         "model",
                                         "recipe",
                                         "seed",
                                         "setting.batch",
                                         "setting.lr",
                                         "step",
                                         "training.best_report",
                                         "training.best_step",
                                         "training.best_val_accuracy",
                                         "training.best_val_loss",
                                         "training.correct",
                                         "training.count",
                                         "training.evaluations_without_progress",
                                         "training.labels_sha256",
                                         "training.loss_sum",
                                         "training.moments",
                                         "training.reports",
                                         "val_accuracy",
                                         "val_loss",
                                         "validation_count"});
}

TEST_CASE("a checkpoint before the first evaluation keeps its infinite best loss", "[checkpoint]") {
  const TemporaryFolder folder;
  const Graph graph = small_graph();
  Checkpoint written = some_training_checkpoint(graph);
  written.info.val_loss = std::numeric_limits<double>::quiet_NaN();
  written.state->best_val_loss = std::numeric_limits<double>::infinity();
  save_checkpoint(folder / "last.bin", graph, written);
  const Checkpoint read = load_checkpoint(folder / "last.bin", graph);
  CHECK(std::isinf(read.state->best_val_loss));
  CHECK(std::isnan(read.info.val_loss));
}

TEST_CASE("weights alone have PyTorch's names and shapes, and no training state", "[checkpoint]") {
  const TemporaryFolder folder;
  const Graph graph = small_graph();
  save_checkpoint(folder / "best.bin", graph, some_checkpoint(graph));
  const SafetensorsReader reader(folder / "best.bin");
  REQUIRE(reader.header().tensors.size() == 4);
  CHECK(reader.header().tensors[0].name == "conv1.weight");
  CHECK(reader.header().tensors[0].shape == Shape{2, 1, 3, 3});
  CHECK(reader.header().tensors[3].name == "fc1.bias");
  CHECK_FALSE(load_checkpoint(folder / "best.bin", graph).state);
  CHECK(read_checkpoint_info(folder / "best.bin").model == "cnn");
}

TEST_CASE("a checkpoint that Python's safetensors wrote again, sorted by names, is the same checkpoint",
          "[checkpoint]") {
  const TemporaryFolder folder;
  const Graph graph = small_graph();
  const Checkpoint written = some_training_checkpoint(graph);
  save_checkpoint(folder / "last.bin", graph, written);
  SafetensorsReader reader(folder / "last.bin");
  const std::vector<float> payload = reader.read_payload();
  std::vector<SafetensorsTensor> tensors;
  for (const SafetensorsEntry& entry : reader.header().tensors)
    tensors.push_back({.name = entry.name,
                       .shape = entry.shape,
                       .values = std::span(payload).subspan(entry.begin / 4, (entry.end - entry.begin) / 4)});
  std::ranges::sort(tensors, {}, &SafetensorsTensor::name);
  std::map<std::string, std::string> metadata = reader.header().metadata;
  metadata.erase("format");
  std::string bytes = safetensors_preamble(tensors, metadata);
  for (const SafetensorsTensor& tensor : tensors)
    bytes.append(reinterpret_cast<const char*>(tensor.values.data()), tensor.values.size_bytes());
  REQUIRE(bytes.substr(bytes.size() - payload.size() * 4) !=
          std::string(reinterpret_cast<const char*>(payload.data()), payload.size() * 4));
  write_all(folder / "again.bin", bytes);
  const Checkpoint read = load_checkpoint(folder / "again.bin", graph);
  CHECK(read.parameters == written.parameters);
  CHECK(read.moments == written.moments);
  CHECK(read.state->training.loss_sum == written.state->training.loss_sum);
}

TEST_CASE("the checkpoints of earlier versions are read, and refused if their weights are damaged",
          "[checkpoint]") {
  const TemporaryFolder folder;
  Graph graph(Image{.channels = 1, .height = 2, .width = 2});
  graph.add(Flatten{}).add("fc1", Linear{.units = 3});
  write_all(folder / "best.bin", old_best());
  const Checkpoint best = load_checkpoint(folder / "best.bin", graph);
  CHECK(best.info.epoch == 2);
  CHECK(best.info.dropout == 0.5f);
  CHECK(best.info.validation_count == 5);
  CHECK(best.parameters.size() == 15);
  CHECK(best.parameters[11] == 5.5f);
  CHECK_FALSE(best.state);

  write_all(folder / "last.bin", old_last());
  const Checkpoint last = load_checkpoint(folder / "last.bin", graph);
  REQUIRE(last.state);
  CHECK(last.state->step == 25);
  CHECK(last.state->evaluations == 2);
  CHECK(last.state->training.count == 40);
  CHECK(last.state->training.loss_sum == 12.25);
  REQUIRE(last.moments.size() == 1);
  CHECK(last.moments[0][14] == 201);
  CHECK(last.settings.empty());

  std::string damaged = old_last();
  damaged[damaged.size() - 30] ^= 1;
  write_all(folder / "last.bin", damaged);
  CHECK_THROWS_WITH(load_checkpoint(folder / "last.bin", graph), contains("does not match its SHA-256"));
}

TEST_CASE("saving replaces an older file and leaves no other", "[checkpoint]") {
  const TemporaryFolder folder;
  const Graph graph = small_graph();
  write_all(folder / "best.bin", "old");
  save_checkpoint(folder / "best.bin", graph, some_checkpoint(graph));
  CHECK(load_checkpoint(folder / "best.bin", graph).info.epoch == 3);
  int files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) ++files;
  CHECK(files == 1);
  CHECK_THROWS_AS(save_checkpoint(folder / "missing" / "best.bin", graph, some_checkpoint(graph)), IoError);
}
