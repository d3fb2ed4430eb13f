// parity_dump --list                              prints the devices of this machine
// parity_dump <model> <dropout> <device> <folder> trains twenty steps on fixed batches and writes all that
// another
//                                                 framework needs to do the same, and what came of it
#include <array>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/device/devices.hpp"
#include "engine/graph/initializer.hpp"
#include "engine/io/checkpoint.hpp"
#include "kernels/dropout.hpp"
#include "models/models.hpp"
#include "tests/layers/driver.hpp"
#include "tests/reference/draw.hpp"
#include "tests/support/npy.hpp"

using namespace lenet;
using reference::Batch;

namespace {

constexpr std::uint64_t kSeed = 11;
constexpr int kSteps = 20;
constexpr std::int64_t kBatch = 10;  // a recipe's own would take PyTorch minutes in double precision

/// What a step's dropout multiplies the features of the graph's only Dropout layer with: batch × features.
void append_mask(const Graph& graph, std::int64_t batch, int step, std::vector<float>& masks) {
  for (std::size_t layer = 0; layer < graph.nodes().size(); ++layer)
    if (const auto* dropout = std::get_if<Dropout>(&graph.nodes()[layer].layer)) {
      const auto mask = kernels::dropout_mask(kSeed, static_cast<std::uint64_t>(step),
                                              static_cast<std::uint32_t>(layer), dropout->rate);
      for (std::int64_t i = 0; i < batch * graph.nodes()[layer].input.count(); ++i) {
        const auto words = kernels::dropout_words(mask, static_cast<std::uint32_t>(i / 4));
        masks.push_back(kernels::dropout_factor(mask, words.word[i % 4]));
      }
    }
}

/// Dim images: with bright ones the regressor's SGD at 0.5 oscillates, which blows up every rounding error.
Batch draw_dim_batch(const Graph& graph, std::int64_t count, RandomSequence& random) {
  Batch batch = reference::draw_batch(graph, count, random);
  for (std::uint8_t& pixel : batch.pixels) pixel = static_cast<std::uint8_t>(pixel / 5);
  return batch;
}

std::vector<double> numbers_of(const Optimizer& optimizer) {
  std::vector<double> numbers{learning_rate_of(optimizer).base};
  for (const Setting& setting : settings_of(optimizer)) numbers.push_back(std::get<float>(setting.value));
  return numbers;
}

void dump(const Model& model, const std::string& device, const std::filesystem::path& folder) {
  const Graph& graph = model.graph;
  const std::int64_t batch = kBatch;
  RandomSequence random = reference::random_for(kSeed);
  const device::OpenedBackend opened = device::open_backend(device::parse_device(device), {});
  Driver driver(*opened.backend, graph, {.batch = batch, .optimizer = model.recipe.optimizer, .seed = kSeed});
  const auto save = [&](const char* name, std::int64_t step) {
    io::Checkpoint checkpoint;
    checkpoint.info.model = model.name;
    checkpoint.info.recipe = model.recipe.name;
    checkpoint.info.step = step;
    checkpoint.info.seed = kSeed;
    checkpoint.parameters = driver.program().parameters();
    io::save_checkpoint(folder / name, graph, checkpoint);
  };
  const auto logits = [&](const char* name, const Batch& images) {
    write_npy(folder / name, "<f4", {images.count(), graph.classes()},
              driver.program().logits(images.pixels));
  };

  const Batch unseen = draw_dim_batch(graph, 100, random);
  driver.program().set_parameters(initial_parameters(graph, model.initializer, kSeed));
  save("initial.bin", 0);
  logits("initial_logits.npy", unseen);
  std::vector<std::uint8_t> pixels, labels;
  std::vector<float> masks;
  for (int step = 0; step < kSteps; ++step) {
    const Batch images = draw_dim_batch(graph, batch, random);
    pixels.insert(pixels.end(), images.pixels.begin(), images.pixels.end());
    labels.insert(labels.end(), images.labels.begin(), images.labels.end());
    append_mask(graph, batch, step, masks);
    driver.train(images, step);
  }
  save("final.bin", kSteps);
  logits("final_logits.npy", unseen);
  write_npy(folder / "unseen.npy", "|u1", {unseen.count(), 1, 28, 28}, unseen.pixels);
  write_npy(folder / "pixels.npy", "|u1", {kSteps, batch, 1, 28, 28}, pixels);
  write_npy(folder / "labels.npy", "|u1", {kSteps, batch}, labels);
  write_npy(folder / "masks.npy", "<f4", {kSteps, batch, std::ssize(masks) / (kSteps * batch)}, masks);
  const std::vector<double> numbers = numbers_of(model.recipe.optimizer);
  write_npy(folder / "optimizer.npy", "<f8", {std::ssize(numbers)}, numbers);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    if (arguments == std::vector<std::string>{"--list"}) {
      for (const DeviceInfo& device : device::list_devices()) std::puts(device.name.c_str());
      return 0;
    }
    if (arguments.size() != 4)
      throw UsageError("usage: parity_dump --list | <model> <dropout> <device> <folder>");
    std::filesystem::create_directories(arguments[3]);
    dump(models::make_model(arguments[0], {.dropout = std::stof(arguments[1])}), arguments[2], arguments[3]);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "parity_dump: %s\n", error.what());
    return 1;
  }
}
