#include <algorithm>
#include <cmath>
#include <cuda_runtime_api.h>
#include <numeric>
#include <string>
#include <vector>

#include "engine/core/random.hpp"
#include "models/models.hpp"
#include "tests/cuda/gpus.hpp"
#include "tests/cuda/run.hpp"
#include "tests/reference/interpreter.hpp"
#include "tests/support/catch.hpp"

using namespace lenet;
using reference::Batch;

// Promises of the CUDA backend alone. Runs on every GPU of this machine, and on the simulated one.

namespace {

/// Ways to run steps that must not change a bit: captured or not, through the slots or by index, as one chain
/// or with a branch.
struct Way {
  bool captured = true, by_index = false, forked = false;
};

struct Trained {
  std::vector<float> parameters;
  std::vector<std::vector<float>> moments;
  double loss_sum = 0;
  bool operator==(const Trained&) const = default;
};

/// All batches in a row, as a data set has its samples.
Batch joined(const std::vector<Batch>& batches) {
  Batch data;
  for (const Batch& batch : batches) {
    data.pixels.insert(data.pixels.end(), batch.pixels.begin(), batch.pixels.end());
    data.labels.insert(data.labels.end(), batch.labels.begin(), batch.labels.end());
  }
  return data;
}

Trained train(const Run& run, const TestBackend& gpu, Precision precision, Way way) {
  const Batch data = joined(run.batches);
  CompileOptions options = run.options;
  options.precision = precision;
  options.capture_steps = way.captured;
  options.fork_steps = way.forked;
  if (way.by_index) options.training->resident = {data.pixels, data.labels};
  Driver driver = run.start(*gpu.backend, options);
  std::uint32_t first = 0;
  for (std::size_t i = 0; i < run.batches.size(); ++i) {
    const auto step = static_cast<std::int64_t>(i);
    std::vector<std::uint32_t> indices(run.batches[i].labels.size());
    std::iota(indices.begin(), indices.end(), first);
    first += static_cast<std::uint32_t>(indices.size());
    way.by_index ? driver.train_by_index(indices, step) : driver.train(run.batches[i], step);
  }
  return {driver.program().parameters(), driver.program().moments(), driver.program().metrics().loss_sum};
}

/// A batch of one sample between full ones: the last batch of an epoch may be short.
void shorten(Batch& batch) {
  batch.pixels.resize(batch.pixels.size() / batch.labels.size());
  batch.labels.resize(1);
}

struct Net {
  const char* what;
  Graph graph;
  bool slow = false;  ///< for the simulator
  Optimizer optimizer = Adam{.learning_rate = 1e-3f};
};

void check_ways(const Net& net, const TestBackend& gpu) {
  const bool briefly = net.slow && is_simulated(gpu);
  Run run(net.graph, 2, briefly ? 11 : 20);  // more than there are slots
  shorten(run.batches[9]);
  run.options.training->optimizer = net.optimizer;
  for (const Precision precision : briefly ? std::vector{Precision::bf16} : precisions_of(gpu)) {
    INFO(gpu.name << ": " << net.what << " in " << precision_name(precision));
    const Trained expected = train(run, gpu, precision, {.captured = false});
    CHECK(train(run, gpu, precision, {}) == expected);
    CHECK(train(run, gpu, precision, {.captured = false, .by_index = true}) == expected);
    CHECK(train(run, gpu, precision, {.by_index = true}) == expected);
    if (briefly) continue;  // it forks like the others
    CHECK(train(run, gpu, precision, {.captured = false, .forked = true}) == expected);
    CHECK(train(run, gpu, precision, {.forked = true}) == expected);
  }
}

void check_gradient_at(std::int64_t samples, const Graph& graph, const TestBackend& gpu) {
  INFO(gpu.name << ", batches of " << samples);
  const reference::DropoutKey dropout{.seed = 5, .step = 0};
  RandomSequence random = reference::random_for(14);
  const std::vector<float> parameters = reference::draw_parameters(graph, random);
  const Batch batch = reference::draw_batch_away_from_kinks(graph, parameters, samples, random, dropout);
  const auto expected =
      reference::train_pass(graph, reference::widen(parameters), batch.pixels, batch.labels, dropout);
  const auto gradient =
      gradient_of(*gpu.backend, graph, {.batch = samples, .seed = dropout.seed}, parameters, batch);
  // A sum of `samples` terms in float32, of up to 25 positions each where there are convolutions, and the
  // layers around it: see tests/support/tolerance.hpp.
  CHECK(relative_distance(gradient, expected.gradient.values) <=
        4 * std::sqrt(static_cast<double>(samples * 25 + 785)) * 0x1p-24);
}

}  // namespace

TEST_CASE(
    "captured steps give the bits of eager ones, steps by index those of copied batches, and forked "
    "steps those of one chain",
    "[cuda][long]") {
  const std::vector<Net> nets{{"cuDNN's convolutions", small_cnn()},
                              {"its own first convolution", tiny_lenet(), true},
                              {"dense layers", small_mlp()},
                              {"dense layers with SGD", small_mlp(), false, Sgd{.learning_rate = 0.1f}},
                              {"a regressor", models::make_model("regressor", {}).graph}};
  FOR_EACH_GPU(gpu)
  for (const Net& net : nets) check_ways(net, *gpu);
}

// Small enough for compute-sanitizer; forked steps that find their batches by themselves are among them.
TEST_CASE("a few steps in each precision stay finite", "[cuda]") {
  FOR_EACH_GPU(gpu)
  for (const Precision precision : precisions_of(*gpu)) {
    INFO(gpu->name << ", " << precision_name(precision));
    const Run run(small_cnn(), 3, 10);
    CompileOptions options = run.options;
    options.precision = precision;
    options.fork_steps = true;
    options.steps_per_launch = 2;
    const Batch data = joined(run.batches);
    options.training->resident = {data.pixels, data.labels};
    Driver driver = run.start(*gpu->backend, options);
    run.train(driver, 10);
    ResidentSteps& steps = *driver.program().resident_steps();
    steps.set_order(1, shuffled_indices(30, 5, 1));
    for (std::int64_t step = 10; step < 20;) step += steps.train(step, 20 - step);
    driver.evaluate(run.batches[0]);
    CHECK(driver.program().metrics().count == 63);
    CHECK(driver.program().metrics().first_nonfinite_step == -1);
    CHECK(
        std::ranges::all_of(driver.program().parameters(), [](float value) { return std::isfinite(value); }));
  }
}

TEST_CASE("any batch size trains, up to ten thousand", "[cuda][long]") {
  FOR_EACH_GPU(gpu)
  for (const std::int64_t samples : {1, 7, 50, 100, 10'000}) {
    check_gradient_at(samples, models::make_model("regressor", {}).graph, *gpu);
    check_gradient_at(samples, small_cnn(), *gpu);
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
