// logits_dump <weights> <data> <file.npy> [<model>]: writes the logits of all test images. <model> is that of
// weights from other programs.
// logits_dump --cases <folder>: writes ONNX models of the graphs that test each kind of layer, with pixels
// and logits, as 0.onnx, 0-pixels.npy, 0-logits.npy, and so on.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "data/mnist.hpp"
#include "engine/backend.hpp"
#include "engine/core/error.hpp"
#include "engine/core/file.hpp"
#include "engine/device/devices.hpp"
#include "engine/onnx/onnx_model.hpp"
#include "tests/layers/layer_cases.hpp"
#include "tests/reference/draw.hpp"
#include "tests/support/npy.hpp"
#include "tools/cli/evaluation.hpp"

using namespace lenet;

namespace {

constexpr std::int64_t kSamples = 9;

void dump_test_logits(const std::string& weights, const std::string& data, const std::string& file,
                      const std::optional<std::string>& model) {
  const cli::LoadedModel loaded = cli::load_model(weights, model);
  const data::Dataset dataset = data::load_mnist_test(data);
  const DatasetView test = dataset.test_split();
  const cli::RunningModel running = cli::start(loaded, {.device = "cpu", .threads = 1});
  write_npy(file, "<f4", {test.count(), loaded.model.graph.classes()}, running.program->logits(test.pixels));
}

/// Returns the cases of all kinds of layers.
template <class... Kinds>
std::vector<LayerCase> all_cases(const std::variant<Kinds...>*) {
  std::vector<LayerCase> cases;
  for (const std::vector<LayerCase>& some : {cases_of<Kinds>()...})
    cases.insert(cases.end(), some.begin(), some.end());
  return cases;
}

void dump_case(Backend& backend, const LayerCase& layers, const std::string& path) {
  const Graph& graph = layers.graph;
  RandomSequence random = reference::random_for(3);
  const std::vector<float> parameters = reference::draw_parameters(graph, random);
  const reference::Batch batch = reference::draw_batch(graph, kSamples, random);
  const auto program = backend.compile(graph, {});
  program->set_parameters(parameters);
  const Image& image = graph.input();
  write_file_atomically(path + ".onnx", onnx::serialize_model(graph, parameters, {}, {.name = layers.what}));
  write_npy(path + "-pixels.npy", "|u1", {kSamples, image.channels, image.height, image.width}, batch.pixels);
  write_npy(path + "-logits.npy", "<f4", {kSamples, graph.classes()}, program->logits(batch.pixels));
}

void dump_cases(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  const device::OpenedBackend cpu = device::open_backend(device::parse_device("cpu"), {.threads = 1});
  std::size_t number = 0;
  for (const LayerCase& layers : all_cases(static_cast<const Layer*>(nullptr)))
    dump_case(*cpu.backend, layers, folder / std::to_string(number++));
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    if (arguments.size() == 2 && arguments[0] == "--cases")
      dump_cases(arguments[1]);
    else if (arguments.size() == 3)
      dump_test_logits(arguments[0], arguments[1], arguments[2], {});
    else if (arguments.size() == 4)
      dump_test_logits(arguments[0], arguments[1], arguments[2], arguments[3]);
    else
      throw UsageError("usage: logits_dump --cases <folder> | <weights> <data> <file.npy> [<model>]");
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "logits_dump: %s\n", error.what());
    return 1;
  }
}
