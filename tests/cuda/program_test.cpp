#include <algorithm>
#include <cmath>
#include <cuda_runtime_api.h>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "engine/devices.hpp"
#include "engine/graph/initializer.hpp"
#include "engine/io/checkpoint.hpp"
#include "engine/train/checkpoints.hpp"
#include "models/models.hpp"
#include "tests/layers/driver.hpp"
#include "tests/reference/draw.hpp"
#include "tests/reference/interpreter.hpp"
#include "tests/support/backends.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

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

/// From each GPU to the CPU, and back.
std::vector<std::pair<TestBackend*, TestBackend*>> both_ways() {
  static TestBackend cpu{"cpu", open_backend(parse_device("cpu"), 2).backend};
  std::vector<std::pair<TestBackend*, TestBackend*>> ways;
  for (TestBackend* gpu : gpus()) {
    ways.emplace_back(gpu, &cpu);
    ways.emplace_back(&cpu, gpu);
  }
  return ways;
}

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

std::vector<float> off_by_a_rounding(std::vector<float> parameters) {
  RandomSequence random = reference::random_for(13);
  for (float& parameter : parameters) parameter *= 1 + random.uniform(-1e-7f, 1e-7f);
  return parameters;
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

// Rounding differs, and training makes a difference grow from step to step. By how much is measured on a
// twin: the CPU again, its weights off by about a rounding at the start. One twin is one draw of what may
// happen, so ten times its drift is allowed; and 1e-5 from the start, for the rounding of a first loss.
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
    Driver twin = run.start(*cpu.backend, run.options);
    twin.program().set_parameters(off_by_a_rounding(run.parameters));
    double drift = 0;
    for (std::int64_t step = 0; step < steps; ++step) {
      const Batch& batch = run.batches[static_cast<std::size_t>(step)];
      for (Driver* driver : {&here, &there, &twin}) {
        driver->program().reset_metrics();
        driver->train(batch, step);
      }
      const double loss = there.program().metrics().loss();
      drift = std::max(drift, std::abs(twin.program().metrics().loss() - loss));
      INFO("step " << step);
      REQUIRE(std::abs(here.program().metrics().loss() - loss) <= 10 * drift + 1e-5 * std::max(1.0, loss));
    }
  }
}

TEST_CASE("best.bin predicts the same on the GPU and on the CPU, whichever of them trained it", "[cuda]") {
  const Run run(small_cnn(), 4, 5);
  RandomSequence random = reference::random_for(12);
  const Batch images = reference::draw_batch(run.graph, 40, random);
  if (gpus().empty()) LENET_SKIP("this machine has no GPU");
  for (const auto& [from, to] : both_ways()) {
    INFO("trained on " << from->name << ", loaded on " << to->name);
    Driver trained = run.start(*from->backend, run.options);
    run.train(trained, 5);
    const TemporaryFolder folder;
    save_checkpoint(folder / "best.bin", run.graph, {.parameters = trained.program().parameters()});

    Driver loaded = run.start(*to->backend, run.options);
    loaded.program().set_parameters(load_checkpoint(folder / "best.bin", run.graph).parameters);
    const auto left = trained.program().logits(images.pixels), right = loaded.program().logits(images.pixels);
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

// What Adam does to a weight is its gradient's moments divided by each other, so that rounding shows most
// where the gradient is next to nothing. Without its moments the first steps would be as large as the
// learning rate everywhere: half of the way and more would be another.
TEST_CASE("last.bin goes on from the GPU on the CPU and the other way round", "[cuda]") {
  constexpr std::int64_t kBefore = 6, kSteps = 10;
  const Run run(small_cnn(), 4, kSteps);
  if (gpus().empty()) LENET_SKIP("this machine has no GPU");
  for (const auto& [from, to] : both_ways()) {
    INFO("begun on " << from->name << ", resumed on " << to->name);
    Driver begun = run.start(*from->backend, run.options);
    run.train(begun, kBefore);
    const std::vector<float> parameters = begun.program().parameters();
    const TemporaryFolder folder;
    save_checkpoint(folder / "last.bin", run.graph,
                    {.info = {.step = kBefore},
                     .parameters = parameters,
                     .training = TrainingState{.moments = begun.program().moments()}});

    Driver resumed(*to->backend, run.graph, run.options);
    const RunState state = restore(load_checkpoint(folder / "last.bin", run.graph), resumed.program());
    REQUIRE(state.step == kBefore);
    CHECK(resumed.program().parameters() == parameters);
    CHECK(resumed.program().moments() == begun.program().moments());
    run.train(begun, kSteps, kBefore);
    run.train(resumed, kSteps, kBefore);
    const auto way = [&](Driver& driver) {
      reference::Values moved = reference::widen(driver.program().parameters());
      for (std::size_t i = 0; i < moved.size(); ++i) moved[i] -= static_cast<double>(parameters[i]);
      return moved;
    };
    CHECK(relative_distance(way(resumed), way(begun)) <= 1e-3);
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
    // Once is enough: other processes may take some of the device's memory meanwhile.
    bool flat = false;
    for (int round = 0; round < 3 && !flat; ++round) {
      const std::size_t before = free_memory();
      run.train(driver, is_simulated(*gpu) ? 12 : 1000);
      driver.program().metrics();
      flat = free_memory() >= before;
    }
    CHECK(flat);
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
