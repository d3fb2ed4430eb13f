#include "engine/io/checkpoint.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <limits>
#include <map>
#include <span>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/core/random.hpp"
#include "engine/io/checkpoint_writer.hpp"
#include "engine/io/safetensors.hpp"
#include "tests/io/old_checkpoint.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace lenet;
using namespace lenet::io;

namespace {

Graph small_graph() {
  Graph graph(Image{.channels = 1, .height = 4, .width = 4});
  graph.add("conv1", Conv2d{.filters = 2, .kernel = 3, .padding = Padding::same});
  graph.add(Flatten{});
  graph.add("fc1", Linear{.units = 3});
  return graph;
}

std::vector<float> numbers(std::int64_t count, std::uint64_t seed) {
  RandomSequence random(seed, RandomStream::initial_weights, 0);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = static_cast<float>(random.normal());
  return values;
}

Checkpoint some_checkpoint(const Graph& graph) {
  return {.info = {.model = "cnn",
                   .recipe = "keras",
                   .epoch = 3,
                   .step = 3300,
                   .val_loss = 0.1 + 0.2,
                   .val_accuracy = 1.0 / 3.0,
                   .seed = 18446744073709551615u,
                   .dropout = 0.4f,
                   .validation_count = 123},
          .parameters = numbers(graph.parameter_count(), 1)};
}

Checkpoint some_training_checkpoint(const Graph& graph) {
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

std::string read_all(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void write_all(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace

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
  CHECK(keys == std::vector<std::string>{"digest",
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

TEST_CASE("a file that belongs to another graph is refused with the tensor that does not fit",
          "[checkpoint]") {
  const TemporaryFolder folder;
  save_checkpoint(folder / "best.bin", small_graph(), some_checkpoint(small_graph()));
  const auto load_as = [&](const Graph& graph) { return load_checkpoint(folder / "best.bin", graph); };

  Graph wider(Image{.channels = 1, .height = 4, .width = 4});
  wider.add("conv1", Conv2d{.filters = 2, .kernel = 3, .padding = Padding::same});
  wider.add(Flatten{}).add("fc1", Linear{.units = 5});
  CHECK_THROWS_WITH(load_as(wider),
                    contains("best.bin") && contains("'fc1.weight' has shape 3×32, expected 5×32"));

  Graph deeper = small_graph();
  deeper.add("fc2", Linear{.units = 2});
  CHECK_THROWS_WITH(load_as(deeper), contains("'fc2.weight' is missing"));

  Graph shallower(Image{.channels = 1, .height = 4, .width = 4});
  shallower.add("conv1", Conv2d{.filters = 2, .kernel = 3, .padding = Padding::same});
  CHECK_THROWS_WITH(load_as(shallower), contains("holds 4 tensors, expected 2"));
}

TEST_CASE("a file that is no checkpoint is refused in one line that names it", "[checkpoint]") {
  const TemporaryFolder folder;
  const Graph graph = small_graph();
  const auto path = folder / "best.bin";
  const auto load = [&] { return load_checkpoint(path, graph); };

  CHECK_THROWS_AS(load(), IoError);
  CHECK_THROWS_WITH(load(), contains("best.bin: cannot be opened: No such file"));
  std::filesystem::create_directory(path);
  CHECK_THROWS_WITH(load(), contains("is a folder, expected a file"));
  std::filesystem::remove(path);
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  CHECK_THROWS_WITH(load(), contains("not a regular file"));
  std::filesystem::remove(path);

  write_all(path, "");
  CHECK_THROWS_WITH(load(), contains("too few for a safetensors file"));
  write_all(path, "<!DOCTYPE html><html><body>Not found</body></html>");
  CHECK_THROWS_AS(load(), CheckpointError);
  CHECK_THROWS_WITH(load(),
                    contains("is no safetensors file of weights, or was cut off: it declares a header of"));
  write_all(path, std::string("\x02\0\0\0\0\0\0\0{}", 10));
  CHECK_THROWS_WITH(load(), contains("'model' is missing from the metadata"));
}

TEST_CASE("metadata that cannot be parsed is refused", "[checkpoint]") {
  const TemporaryFolder folder;
  const Graph graph = small_graph();
  save_checkpoint(folder / "good.bin", graph, some_training_checkpoint(graph));
  const std::string good = read_all(folder / "good.bin");
  const auto load_with = [&](const std::string& from, const std::string& to) {
    std::string bytes = good;
    const std::size_t at = bytes.find(from);
    REQUIRE(at != std::string::npos);
    REQUIRE(from.size() == to.size());
    bytes.replace(at, from.size(), to);
    write_all(folder / "bad.bin", bytes);
    return load_checkpoint(folder / "bad.bin", graph);
  };
  CHECK_THROWS_WITH(load_with(R"("step":"3300")", R"("step":"33x0")"),
                    contains("'step' in the metadata is not a number"));
  CHECK_THROWS_WITH(load_with(R"("step":"3300")", R"("step":"-330")"),
                    contains("'step' in the metadata is negative"));
  CHECK_THROWS_WITH(load_with(R"("seed":)", R"("sead":)"), contains("'seed' is missing"));
  CHECK_THROWS_WITH(load_with(R"("digest":")", R"("digesu":")"), contains("'digest' is missing"));
  CHECK_THROWS_WITH(load_with(R"("training.moments":"2")", R"("training.moments":"1")"),
                    contains("holds 12 tensors, expected 8"));
  CHECK_THROWS_WITH(load_with(R"("training.moments":"2")", R"("training.moments":"3")"),
                    contains("'optimizer.2.conv1.weight' is missing"));
  CHECK_THROWS_WITH(load_with(R"("training.moments":"2","training.reports")",
                              R"("training.moments":"20000000","x.reports")"),
                    contains("'training.moments' is 20000000, but the file has 12 tensors"));
}

TEST_CASE("no changed, missing or added byte of a checkpoint goes unnoticed", "[checkpoint]") {
  const TemporaryFolder folder;
  const Graph graph = small_graph();
  const Checkpoint written = some_training_checkpoint(graph);
  save_checkpoint(folder / "good.bin", graph, written);
  const std::string good = read_all(folder / "good.bin");
  RandomSequence random(2024, RandomStream::pick_samples, 0);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = good;
    const auto at = random.below(static_cast<std::uint32_t>(bytes.size()));
    switch (random.below(3)) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
        break;
      case 1:
        bytes.erase(at, 1 + random.below(9));
        break;
      default:
        bytes.insert(at, 1 + random.below(9), static_cast<char>(random.below(256)));
        break;
    }
    write_all(folder / "bad.bin", bytes);
    INFO("round " << round << ", byte " << at);
    try {
      // Only what means nothing may change: the padding, and the mark of PyTorch's writer.
      save_checkpoint(folder / "again.bin", graph, load_checkpoint(folder / "bad.bin", graph));
      REQUIRE(read_all(folder / "again.bin") == good);
    } catch (const CheckpointError&) {
    }
  }
}

TEST_CASE("every figure of a checkpoint is believed only as it was written", "[checkpoint]") {
  const TemporaryFolder folder;
  const Graph graph = small_graph();
  save_checkpoint(folder / "good.bin", graph, some_training_checkpoint(graph));
  const std::string good = read_all(folder / "good.bin");
  const std::map<std::string, std::string> metadata =
      SafetensorsReader(folder / "good.bin").header().metadata;
  for (const auto& [key, value] : metadata) {
    if (key == "format") continue;
    // The last letter or digit becomes another one.
    const std::string entry = fmt::format("\"{}\":\"{}", key, value);
    std::string bytes = good;
    char& last = bytes[bytes.find(entry) + entry.size() - 1];
    last = last == '1' ? '2' : '1';
    write_all(folder / "bad.bin", bytes);
    INFO(entry);
    CHECK_THROWS_AS(load_checkpoint(folder / "bad.bin", graph), CheckpointError);
  }
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

TEST_CASE("a writer's files are whole and written in order", "[checkpoint]") {
  const TemporaryFolder folder;
  const Graph graph = small_graph();
  Checkpoint checkpoint = some_checkpoint(graph);
  CheckpointWriter writer;
  for (checkpoint.info.step = 1; checkpoint.info.step <= 20; ++checkpoint.info.step)
    writer.write(folder / "best.bin", graph, checkpoint);
  writer.wait();
  CHECK(load_checkpoint(folder / "best.bin", graph).info.step == 20);
  CHECK(load_checkpoint(folder / "best.bin", graph).parameters == checkpoint.parameters);
}

TEST_CASE("the destructor of a writer waits for its file", "[checkpoint]") {
  const TemporaryFolder folder;
  const Graph graph = small_graph();
  CheckpointWriter().write(folder / "best.bin", graph, some_checkpoint(graph));
  CHECK(load_checkpoint(folder / "best.bin", graph).parameters == some_checkpoint(graph).parameters);
}

TEST_CASE("the next write or wait throws the error of a file that could not be written, once",
          "[checkpoint]") {
  const TemporaryFolder folder;
  const Graph graph = small_graph();
  CheckpointWriter writer;
  const auto fail = [&] { writer.write(folder / "missing" / "best.bin", graph, some_checkpoint(graph)); };
  fail();
  CHECK_THROWS_AS(writer.wait(), IoError);
  CHECK_NOTHROW(writer.wait());
  fail();
  CHECK_THROWS_AS(writer.write(folder / "best.bin", graph, some_checkpoint(graph)), IoError);
  CHECK_FALSE(std::filesystem::exists(folder / "best.bin"));
}
