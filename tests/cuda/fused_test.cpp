#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "engine/core/random.hpp"
#include "models/models.hpp"
#include "tests/cuda/gpus.hpp"
#include "tests/cuda/run.hpp"
#include "tests/reference/interpreter.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/warnings.hpp"

using namespace lenet;
using reference::Batch;

// The fused parts of a step next to the double-precision reference and to the step without them. On every GPU
// of this machine, and on the simulated one.

// Not an unnamed namespace: test sources are compiled in groups, and others have a kSamples, too.
namespace fused_test {

Graph one_hidden_layer() {
  Graph graph(Image{.channels = 1, .height = 5, .width = 3});
  graph.add(Flatten{}).add(Linear{.units = 9}).add(Relu{}).add(Dropout{.rate = 0.25f});
  graph.add(Linear{.units = 10});
  return graph;
}

Graph no_hidden_layer() {
  Graph graph(Image{.channels = 1, .height = 7, .width = 8});
  graph.add(Flatten{}).add(Linear{.units = 10});
  return graph;
}

// --- The head ---

void check_head_gradient(const Graph& graph, const TestBackend& gpu, std::int64_t samples) {
  const reference::DropoutKey dropout{.seed = 5, .step = 0};
  RandomSequence random = reference::random_for(14);
  const std::vector<float> parameters = reference::draw_parameters(graph, random);
  const Batch batch = reference::draw_batch_away_from_kinks(graph, parameters, samples, random, dropout);
  const auto expected =
      reference::train_pass(graph, reference::widen(parameters), batch.pixels, batch.labels, dropout);
  for (const Precision precision : precisions_of(gpu)) {
    INFO(gpu.name << ", " << precision_name(precision) << ", batches of " << samples);
    CompileOptions options{.precision = precision,
                           .training = TrainingOptions{.batch = samples, .seed = dropout.seed}};
    const auto unfused = gradient_of(*gpu.backend, graph, options, parameters, batch);
    options.fused = Fused::head;
    const auto fused = gradient_of(*gpu.backend, graph, options, parameters, batch);
    // As in program_test.cpp: a sum of `samples` terms of up to 25 positions each, and the layers around it.
    if (precision == Precision::fp32)
      CHECK(relative_distance(fused, expected.gradient.values) <=
            4 * std::sqrt(static_cast<double>(samples * 25 + 785)) * 0x1p-24);
    // The head rounds at no more places than what it stands for.
    CHECK(relative_distance(fused, expected.gradient.values) <=
          2 * relative_distance(unfused, expected.gradient.values) + 1e-6);
  }
}

// --- Whole steps ---

constexpr std::int64_t kSamples = 22, kBatch = 4,
                       kSteps = 17;  // six steps per epoch, the last with two samples

struct Trained {
  std::vector<float> parameters, gradients;
  std::vector<std::vector<float>> moments;
  Metrics metrics;
  std::int64_t launches = 0;
};

bool same_bits(const Trained& a, const Trained& b) {
  return a.parameters == b.parameters && a.moments == b.moments && a.gradients == b.gradients &&
         a.metrics.loss_sum == b.metrics.loss_sum && a.metrics.correct == b.metrics.correct &&
         a.metrics.count == b.metrics.count;
}

struct StepsOptions {
  Fused fused = Fused::steps;
  std::int64_t steps_per_launch = 1;
  std::int64_t stop_at = kSteps;  ///< goes on in another program from there
  bool forked = false;
};

class StepsTask {
 public:
  /// `times` as many samples in a batch and in all.
  StepsTask(Graph graph, Optimizer optimizer, std::int64_t times = 1)
      : graph_(std::move(graph)), samples_(times * kSamples) {
    RandomSequence random = reference::random_for(21);
    data_ = reference::draw_batch(graph_, samples_, random);
    parameters_ = reference::draw_parameters(graph_, random);
    const std::int64_t batch = times * kBatch;
    options_.training =
        TrainingOptions{.batch = batch, .last_batch = samples_ % batch, .optimizer = optimizer, .seed = 5};
  }

  /// Returns whether a device has room for the fused steps.
  bool fits(const TestBackend& gpu) const {
    return gpu.backend->compile(graph_, compile_options({}))->resident_steps() != nullptr;
  }

  Trained train(const TestBackend& gpu, const StepsOptions& how) const {
    const CompileOptions options = compile_options(how);
    auto program = gpu.backend->compile(graph_, options);
    program->set_parameters(parameters_);
    Trained trained;
    trained.launches = take(*program, 0, how.stop_at);
    if (how.stop_at < kSteps) {
      auto resumed = gpu.backend->compile(graph_, options);
      resumed->set_parameters(program->parameters());
      resumed->set_moments(program->moments());
      resumed->set_metrics(program->metrics());
      program = std::move(resumed);
      trained.launches += take(*program, how.stop_at, kSteps);
    }
    trained.parameters = program->parameters();
    trained.gradients = program->gradients();
    trained.moments = program->moments();
    trained.metrics = program->metrics();
    return trained;
  }

 private:
  CompileOptions compile_options(const StepsOptions& how) const {
    CompileOptions options = options_;
    options.fused = how.fused;
    options.fork_steps = how.forked;
    options.steps_per_launch = how.steps_per_launch;
    options.training->resident = {data_.pixels, data_.labels};
    return options;
  }

  /// Takes steps, epoch after epoch. Returns the number of calls.
  std::int64_t take(Program& program, std::int64_t step, std::int64_t end) const {
    constexpr std::int64_t kPerEpoch = 6;
    ResidentSteps* const steps = program.resident_steps();
    REQUIRE(steps);
    std::int64_t calls = 0, known = -1;
    for (; step < end; ++calls) {
      const std::int64_t epoch = step / kPerEpoch;
      if (epoch != known)
        steps->set_order(epoch, shuffled_indices(samples_, 5, static_cast<std::uint64_t>(epoch)));
      known = epoch;
      step += steps->train(step, std::min(end, (epoch + 1) * kPerEpoch) - step);
    }
    return calls;
  }

  Graph graph_;
  std::int64_t samples_;
  Batch data_;
  std::vector<float> parameters_;
  CompileOptions options_;
};

std::vector<StepsTask> tasks() {
  // A large epsilon, so that rounding in a small gradient does not turn into a whole step of Adam.
  const Adam adam{.learning_rate = 1e-2f, .epsilon = 1e-2f};
  const Sgd sgd{.learning_rate = LearningRate::linear(0.2f, 3, 15, 0.05f)};
  return {{one_hidden_layer(), adam},
          {one_hidden_layer(), sgd},
          {no_hidden_layer(), adam},
          {no_hidden_layer(), sgd}};
}

/// Compares with the steps of the general path: seventeen steps, each with a few roundings of sums of up to
/// 784 terms.
void check_steps(const StepsTask& task, const TestBackend& gpu, const StepsOptions& how = {}) {
  INFO(gpu.name);
  const Trained general = task.train(gpu, {.fused = Fused::off, .steps_per_launch = 3});
  const Trained fused = task.train(gpu, how);
  if (how.fused == Fused::steps) CHECK(fused.launches == 3);  // an epoch each
  constexpr double kRoundings = 1e-5;
  const auto wide = [](const std::vector<float>& values) {
    return std::vector<double>(values.begin(), values.end());
  };
  CHECK(relative_distance(fused.parameters, wide(general.parameters)) <= kRoundings);
  CHECK(relative_distance(fused.gradients, wide(general.gradients)) <= kRoundings);
  for (std::size_t i = 0; i < general.moments.size(); ++i)
    CHECK(relative_distance(fused.moments[i], wide(general.moments[i])) <= kRoundings);
  CHECK(fused.metrics.loss_sum == Approx(general.metrics.loss_sum).epsilon(kRoundings));
  CHECK(fused.metrics.correct == general.metrics.correct);
  CHECK(fused.metrics.count == general.metrics.count);
  CHECK(fused.metrics.first_nonfinite_step == -1);
}

TEST_CASE("a fused head gives the gradients of the layers that it stands for", "[cuda][fused]") {
  FOR_EACH_GPU(gpu) {
    for (const std::int64_t samples : {1, 7, 50}) {
      check_head_gradient(small_mlp(), *gpu, samples);
      check_head_gradient(one_hidden_layer(), *gpu, samples);
      check_head_gradient(no_hidden_layer(), *gpu, samples);
    }
    check_head_gradient(small_cnn(), *gpu, 7);
  }
}

TEST_CASE("steps with a fused head give the same bits captured or not, forked or not", "[cuda][fused]") {
  FOR_EACH_GPU(gpu) {
    const Run run(small_cnn(), 2, 11);
    const auto trained = [&](bool captured, bool forked) {
      CompileOptions options = run.options;
      options.fused = Fused::head;
      options.capture_steps = captured;
      options.fork_steps = forked;
      Driver driver = run.start(*gpu->backend, options);
      run.train(driver, 11);
      CHECK(driver.program().metrics().count == 22);
      return driver.program().parameters();
    };
    const std::vector<float> expected = trained(false, false);
    CHECK((trained(true, false) == expected));
    CHECK((trained(true, true) == expected));
  }
}

TEST_CASE("steps with a fused head that find their batches by themselves follow those of the general path",
          "[cuda][fused]") {
  FOR_EACH_GPU(gpu)
  for (const StepsTask& task : tasks()) {
    const StepsOptions how{.fused = Fused::head, .steps_per_launch = 3};
    check_steps(task, *gpu, how);
    const Trained expected = task.train(*gpu, how);
    CHECK(
        same_bits(task.train(*gpu, {.fused = Fused::head, .steps_per_launch = 2, .forked = true}), expected));
    CHECK(same_bits(task.train(*gpu, {.fused = Fused::head, .steps_per_launch = 3, .stop_at = 9}), expected));
  }
}

TEST_CASE("fused steps follow the steps of the general path", "[cuda][fused]") {
  FOR_EACH_GPU(gpu)
  for (const StepsTask& task : tasks()) check_steps(task, *gpu);
}

// Images of 784 pixels are copied 16 bytes at a time, and shares of the parameters need more shared memory
// than every kernel gets. The simulated GPU takes minutes for the hidden layer.
TEST_CASE("the models' fused steps follow those of the general path", "[cuda][fused]") {
  const Optimizer adam = Adam{.learning_rate = 1e-3f, .epsilon = 1e-2f};
  FOR_EACH_GPU(gpu) {
    check_steps({models::make_model("regressor").graph, Sgd{.learning_rate = 0.1f}, 3}, *gpu);
    if (is_simulated(*gpu)) continue;
    check_steps({models::make_model("regressor").graph, adam, 25}, *gpu);
    const StepsTask mlp(models::make_model("mlp").graph, adam, 12);
    if (mlp.fits(*gpu)) check_steps(mlp, *gpu);  // not on a GPU with few multiprocessors
    check_head_gradient(models::make_model("cnn").graph, *gpu, 50);
  }
}

TEST_CASE("fused steps give the same bits however they are launched, and when a run is resumed between them",
          "[cuda][fused]") {
  FOR_EACH_GPU(gpu)
  for (const StepsTask& task : tasks()) {
    INFO(gpu->name);
    const Trained expected = task.train(*gpu, {});
    CHECK(same_bits(task.train(*gpu, {}), expected));
    CHECK(same_bits(task.train(*gpu, {.steps_per_launch = 4}), expected));
    CHECK(same_bits(task.train(*gpu, {.steps_per_launch = 2, .stop_at = 9}), expected));
  }
}

TEST_CASE("a program with fused steps has no activations of the training batch", "[cuda][fused]") {
  FOR_EACH_GPU(gpu) {
    const auto activation_bytes = [&](Fused fused) {
      const Graph graph = one_hidden_layer();
      RandomSequence random = reference::random_for(21);
      const Batch data = reference::draw_batch(graph, kSamples, random);
      const CompileOptions options{
          .fused = fused,
          .training = TrainingOptions{.batch = kBatch, .resident = {data.pixels, data.labels}}};
      const auto use = gpu->backend->compile(graph, options)->memory_use();
      const auto found = std::ranges::find(use, std::string("activations"), &MemoryUse::purpose);
      REQUIRE(found != use.end());
      return found->bytes;
    };
    CHECK(activation_bytes(Fused::steps) < activation_bytes(Fused::off));
  }
}

TEST_CASE("a network that cannot be fused is trained without it, and one line says why", "[cuda][fused]") {
  FOR_EACH_GPU(gpu) {
    const auto lines = [&](const Graph& graph, Fused fused, Precision precision, bool resident) {
      Run run(graph, 2, 1);
      run.options.fused = fused;
      run.options.precision = precision;
      if (resident) run.options.training->resident = {run.batches[0].pixels, run.batches[0].labels};
      const Warnings warnings;
      Driver driver = run.start(*gpu->backend, run.options);
      run.train(driver, 1);
      CHECK(driver.program().metrics().count == 2);
      CHECK((driver.program().resident_steps() == nullptr));
      return warnings.lines;
    };
    const auto check = [](const std::vector<std::string>& found, const std::string& part) {
      REQUIRE(found.size() == 1);
      CHECK_THAT(found[0], contains(part));
    };
    check(lines(small_cnn(), Fused::steps, Precision::fp32, true), "one hidden dense layer");
    check(lines(small_mlp(), Fused::steps, Precision::fp32, true), "one hidden dense layer");
    check(lines(one_hidden_layer(), Fused::steps, Precision::fp32, false), "not on the device");
    Graph wide(Image{.channels = 1, .height = 2, .width = 2});
    wide.add(Flatten{}).add(Linear{.units = 33});
    check(lines(wide, Fused::head, Precision::fp32, false), "at most 32 classes");
    check(lines(wide, Fused::steps, Precision::fp32, true), "at most 32 classes");
    if (precisions_of(*gpu).back() == Precision::bf16)
      check(lines(one_hidden_layer(), Fused::steps, Precision::bf16, true), "not in bf16");
  }
}

}  // namespace fused_test
