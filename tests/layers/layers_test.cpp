#include <algorithm>
#include <vector>

#include "tests/layers/compare.hpp"
#include "tests/layers/driver.hpp"
#include "tests/layers/layer_cases.hpp"
#include "tests/reference/draw.hpp"
#include "tests/reference/interpreter.hpp"
#include "tests/support/backends.hpp"
#include "tests/support/catch.hpp"

using namespace lenet;
using reference::Batch;
using reference::DropoutKey;

namespace {

struct BatchSize {
  std::int64_t count;     ///< samples in the batch
  std::int64_t compiled;  ///< that the program has room for
};

/// A single sample, odd numbers, the models' batch, and the short last batch of an epoch.
constexpr BatchSize kBatchSizes[] = {{1, 1}, {7, 7}, {50, 50}, {3, 7}, {1, 50}};

void check_against_reference(Backend& backend, const Graph& graph, BatchSize size, std::uint64_t test) {
  constexpr std::int64_t kStep = 41;
  const DropoutKey dropout{.seed = 1234, .step = kStep};
  RandomSequence random = reference::random_for(test);
  const std::vector<float> parameters = reference::draw_parameters(graph, random);
  const Batch batch = reference::draw_batch_away_from_kinks(graph, parameters, size.count, random, dropout);
  const CompileOptions options{.training = TrainingOptions{.batch = size.compiled, .seed = dropout.seed}};

  const reference::Values exact = reference::widen(parameters);
  check_gradient(graph, reference::train_pass(graph, exact, batch.pixels, batch.labels, dropout),
                 gradient_of(backend, graph, options, parameters, batch, kStep));

  Driver driver(backend, graph, options);
  driver.program().set_parameters(parameters);
  check_logits(graph, parameters, reference::forward(graph, exact, batch.pixels),
               driver.program().logits(batch.pixels));
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("every kind of layer gives the reference's logits and gradients", "[layers]", Layer) {
  for (auto& [name, backend] : available_backends()) {
    std::uint64_t test = 100;
    for (const LayerCase& layer_case : cases_of<TestType>())
      for (const BatchSize size : kBatchSizes) {
        INFO(name << ": " << layer_case.what << ", " << size.count << " samples of " << size.compiled);
        check_against_reference(*backend, layer_case.graph, size, ++test);
      }
  }
}

// All pixels of the first channel are equal and the convolution sees no other, so every window is one tie;
// the second channel, which differs, shows in the gradient of its zero weight which element the window chose.
TEST_CASE("of equal maxima the first in row order gets the gradient", "[layers]") {
  for (auto& [name, backend] : available_backends())
    for (const std::int64_t window : {2, 3})
      for (const bool with_relu : {false, true}) {
        INFO(name << ", window " << window << (with_relu ? ", after ReLU" : ""));
        Graph graph(Image{.channels = 2, .height = 7, .width = 8});
        graph.add(Conv2d{.filters = 3, .kernel = 1});
        if (with_relu) graph.add(Relu{});
        graph.add(MaxPool2d{.window = window}).add(Flatten{}).add(Linear{.units = 4});
        RandomSequence random = reference::random_for(99);
        std::vector<float> parameters = reference::draw_parameters(graph, random);
        const std::vector<float> of_convolution{1, 0, 0.5f, 0, 0.25f, 0, 0, 0, 0};
        std::ranges::copy(of_convolution, parameters.begin());
        Batch batch = reference::draw_batch(graph, 5, random);
        const std::int64_t plane = 7 * 8;
        for (std::int64_t i = 0; i < std::ssize(batch.pixels); ++i)
          if (i / plane % 2 == 0) batch.pixels[static_cast<std::size_t>(i)] = 255;
        check_gradient(graph,
                       reference::train_pass(graph, reference::widen(parameters), batch.pixels, batch.labels),
                       gradient_of(*backend, graph, {.batch = 5}, parameters, batch));
      }
}
