#include <algorithm>
#include <cmath>
#include <cuda_runtime_api.h>
#include <numeric>
#include <string>
#include <vector>

#include "engine/devices.hpp"
#include "engine/graph/initializer.hpp"
#include "models/models.hpp"
#include "tests/layers/driver.hpp"
#include "tests/reference/draw.hpp"
#include "tests/reference/interpreter.hpp"
#include "tests/support/backends.hpp"
#include "tests/support/catch.hpp"

using namespace lenet;
using reference::Batch;

namespace {

// What only the CUDA backend promises. Runs on every GPU of this machine, and on the simulated one.

std::vector<TestBackend*> gpus() {
  std::vector<TestBackend*> found;
  for (TestBackend& backend : available_backends())
    if (backend.backend->info().name.starts_with("cuda")) found.push_back(&backend);
  return found;
}

bool is_simulated(const TestBackend& gpu) { return gpu.name.starts_with("simulated"); }

#define FOR_EACH_GPU(gpu)                                    \
  if (gpus().empty()) LENET_SKIP("this machine has no GPU"); \
  for (TestBackend * gpu : gpus())

/// The CNN in small; with another kernel, since that of 5×5 on one channel takes the simulator a long time.
Graph small_cnn() {
  Graph graph(Image{.channels = 1, .height = 8, .width = 8});
  graph.add(Conv2d{.filters = 4, .kernel = 3, .padding = Padding::same}).add(Relu{}).add(MaxPool2d{});
  graph.add(Conv2d{.filters = 8, .kernel = 5, .padding = Padding::same}).add(Relu{}).add(MaxPool2d{});
  graph.add(Flatten{}).add(Linear{.units = 24}).add(Relu{}).add(Dropout{.rate = 0.5f});
  graph.add(Linear{.units = 10});
  return graph;
}

struct Run {
  Graph graph;
  CompileOptions options;
  std::vector<float> parameters;
  std::vector<Batch> batches;

  Run(Graph of, std::int64_t batch, std::size_t count) : graph(std::move(of)) {
    RandomSequence random = reference::random_for(11);
    options = {.batch = batch, .optimizer = Adam{.learning_rate = 1e-3f}, .seed = 5};
    parameters = reference::draw_parameters(graph, random);
    for (std::size_t i = 0; i < count; ++i) batches.push_back(reference::draw_batch(graph, batch, random));
  }

  Driver start(Backend& backend, const CompileOptions& with) const {
    Driver driver(backend, graph, with);
    driver.program().set_parameters(parameters);
    return driver;
  }

  void train(Driver& driver, std::int64_t steps) const {
    for (std::int64_t step = 0; step < steps; ++step)
      driver.train(batches[static_cast<std::size_t>(step) % batches.size()], step);
  }
};

/// ‖a - b‖ / ‖b‖. Of a whole tensor: single elements may jump where rounding moves a value across ReLU's
/// kink.
double relative_distance(std::span<const float> a, std::span<const double> b) {
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference += (static_cast<double>(a[i]) - b[i]) * (static_cast<double>(a[i]) - b[i]);
    size += b[i] * b[i];
  }
  return std::sqrt(difference / size);
}

}  // namespace

TEST_CASE("captured steps give the bits of eager ones", "[cuda]") {
  Run run(small_cnn(), 2, 20);
  run.batches[13] = {
      .pixels = {run.batches[13].pixels.begin(), run.batches[13].pixels.begin() + run.graph.input_count()},
      .labels = {run.batches[13].labels.begin(), run.batches[13].labels.begin() + 1}};
  FOR_EACH_GPU(gpu) {
    INFO(gpu->name);
    CompileOptions eager = run.options;
    eager.capture_steps = false;
    Driver left = run.start(*gpu->backend, run.options), right = run.start(*gpu->backend, eager);
    run.train(left, 20);
    run.train(right, 20);
    CHECK(left.program().parameters() == right.program().parameters());
    CHECK(left.program().moments() == right.program().moments());
    CHECK(left.program().metrics().loss_sum == right.program().metrics().loss_sum);
  }
}

// With u the roundoff of a product's factors, a layer's result is off by about 2u of its size, forward and
// backward; errors of single terms are independent and average out. Four layers forward, four backward, and
// as much again for chance.
TEST_CASE("lower precisions are off by their rounding and no more", "[cuda]") {
  struct Case {
    Precision precision;
    double roundoff;
  };
  const Run run(small_cnn(), 16, 1);
  const reference::Values exact = reference::widen(run.parameters);
  const Batch& batch = run.batches[0];
  const auto expected = reference::train_pass(run.graph, exact, batch.pixels, batch.labels,
                                              reference::DropoutKey{.seed = run.options.seed, .step = 3});
  const auto pass = reference::forward(run.graph, exact, batch.pixels);
  FOR_EACH_GPU(gpu)
  for (const Case with :
       {Case{Precision::fp32, 0x1p-24}, {Precision::tf32, 0x1p-11}, {Precision::bf16, 0x1p-8}}) {
    INFO(gpu->name << ", roundoff " << with.roundoff);
    const bool before_tensor_floats =
        gpu->backend->info().description.find("compute capability 7.") != std::string::npos;
    if (before_tensor_floats && with.precision != Precision::fp32) continue;
    CompileOptions options = run.options;
    options.precision = with.precision;
    const auto gradient = gradient_of(*gpu->backend, run.graph, options, run.parameters, batch, 3);
    const double off = relative_distance(gradient, expected.gradient.values);
    CHECK(off <= 2 * 8 * 2 * with.roundoff);
    Driver driver = run.start(*gpu->backend, options);
    const double logits_off = relative_distance(driver.program().logits(batch.pixels), pass.logits());
    CHECK(logits_off <= 2 * 4 * 2 * with.roundoff);
    if (with.precision == Precision::bf16) CHECK(off > 0x1p-12);  // bf16 it is
  }
}

TEST_CASE("any batch size trains, up to ten thousand", "[cuda]") {
  FOR_EACH_GPU(gpu)
  for (const std::int64_t batch : {1, 7, 50, 100, 10'000}) {
    INFO(gpu->name << ", batches of " << batch);
    const Run run(make_model("regressor", {}).graph, batch, 1);
    const auto expected = reference::train_pass(run.graph, reference::widen(run.parameters),
                                                run.batches[0].pixels, run.batches[0].labels);
    const auto gradient = gradient_of(*gpu->backend, run.graph, run.options, run.parameters, run.batches[0]);
    // Sums of `batch` terms in float32: see tests/support/tolerance.hpp.
    CHECK(relative_distance(gradient, expected.gradient.values) <=
          4 * std::sqrt(static_cast<double>(batch + 785)) * 0x1p-24);
  }
}

TEST_CASE("the GPU's loss follows the CPU's with the same seed", "[cuda]") {
  FOR_EACH_GPU(gpu) {
    INFO(gpu->name);
    // A run on hardware takes the real network; plain loops in place of cuDNN would take minutes for it.
    const bool simulated = is_simulated(*gpu);
    const std::int64_t steps = simulated ? 8 : 200;
    Run run(simulated ? small_cnn() : make_model("cnn", {}).graph, simulated ? 2 : 50,
            static_cast<std::size_t>(steps));
    run.options.optimizer = Adam{.learning_rate = 1e-4f};
    const Model model = make_model("cnn", {});
    run.parameters = initial_parameters(run.graph, model.initializer, 1);
    const OpenedBackend cpu = open_backend(parse_device("cpu"), 2);
    Driver here = run.start(*gpu->backend, run.options), there = run.start(*cpu.backend, run.options);
    for (std::int64_t step = 0; step < steps; ++step) {
      const Batch& batch = run.batches[static_cast<std::size_t>(step)];
      for (Driver* driver : {&here, &there}) {
        driver->program().reset_metrics();
        driver->train(batch, step);
      }
      const double loss = there.program().metrics().loss();
      INFO("step " << step);
      // Rounding differs, and every step doubles the chance that a value crosses a kink; what a wrong
      // gradient does to the loss is a thousand times this.
      REQUIRE(std::abs(here.program().metrics().loss() - loss) <= 1e-3 * std::max(1.0, loss));
    }
  }
}

TEST_CASE("weights trained on the GPU predict the same on the CPU", "[cuda]") {
  const Run run(small_cnn(), 4, 5);
  const OpenedBackend cpu = open_backend(parse_device("cpu"), 2);
  RandomSequence random = reference::random_for(12);
  const Batch images = reference::draw_batch(run.graph, 40, random);
  FOR_EACH_GPU(gpu) {
    INFO(gpu->name);
    Driver trained = run.start(*gpu->backend, run.options);
    run.train(trained, 5);
    Driver there = run.start(*cpu.backend, run.options);
    there.program().set_parameters(trained.program().parameters());
    const auto left = trained.program().logits(images.pixels), right = there.program().logits(images.pixels);
    for (std::size_t row = 0; row < left.size(); row += 10) {
      const auto best = [&](const std::vector<float>& logits) {
        const auto begin = logits.begin() + static_cast<std::ptrdiff_t>(row);
        return std::max_element(begin, begin + 10) - begin;
      };
      const std::ptrdiff_t a = best(left), b = best(right);
      if (a == b) continue;
      INFO("image " << row / 10);
      CHECK(right[row + static_cast<std::size_t>(b)] - right[row + static_cast<std::size_t>(a)] < 1e-4f);
    }
  }
}

TEST_CASE("steps take no device memory", "[cuda]") {
  const Run run(small_cnn(), 1, 4);
  const auto free_memory = [] {
    std::size_t free = 0, total = 0;
    REQUIRE(cudaMemGetInfo(&free, &total) == cudaSuccess);
    return free;
  };
  FOR_EACH_GPU(gpu) {
    INFO(gpu->name);
    Driver driver = run.start(*gpu->backend, run.options);
    run.train(driver, 12);
    driver.program().metrics();
    const std::size_t before = free_memory();
    run.train(driver, is_simulated(*gpu) ? 12 : 1000);
    driver.program().metrics();
    CHECK(free_memory() == before);
  }
}

TEST_CASE("the parts of the memory that is reported add up to what was taken", "[cuda]") {
  const Run run(small_cnn(), 8, 4);
  FOR_EACH_GPU(gpu) {
    INFO(gpu->name);
    const Driver driver = run.start(*gpu->backend, run.options);
    std::vector<std::string> purposes;
    for (const MemoryUse& use : const_cast<Driver&>(driver).program().memory_use()) {
      CHECK(use.bytes > 0);
      purposes.push_back(use.purpose);
    }
    for (const char* purpose : {"activations", "batches", "gradients", "moments", "weights", "workspaces"})
      CHECK(std::ranges::count(purposes, purpose) == 1);
  }
}
