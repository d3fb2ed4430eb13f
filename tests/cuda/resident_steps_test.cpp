#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/train/resident_epochs.hpp"
#include "engine/train/trainer.hpp"
#include "tests/cuda/gpus.hpp"
#include "tests/cuda/run.hpp"
#include "tests/reference/draw.hpp"
#include "tests/support/catch.hpp"

using namespace lenet;

// Steps for which the device finds the batches by itself, several in a launch, next to steps that the host
// feeds: not a bit may differ, wherever launches, epochs and runs begin. On every GPU of this machine, and on
// the simulated one.

namespace {

constexpr std::int64_t kSamples = 22, kBatch = 4;  // six steps per epoch, the last with two samples
constexpr std::int64_t kSteps = 20;                // three epochs, and two steps

/// Ways to take steps.
struct StepWay {
  std::int64_t steps_per_launch = 1;  ///< 1: the host feeds every step
  bool captured = true, forked = false;
};

/// A model with its data.
struct Task {
  Model model;
  reference::Batch samples;

  explicit Task(Graph graph)
      : model{.name = "test", .graph = std::move(graph), .initializer = {}, .recipe = {}} {
    RandomSequence random = reference::random_for(21);
    samples = reference::draw_batch(model.graph, kSamples + 7, random);
  }
  DatasetView all() const { return {samples.pixels, samples.labels, model.graph.input()}; }
  DatasetView training() const { return all().subset(7, kSamples); }
  DatasetView validation() const { return all().subset(0, 7); }

  train::RunInfo run(StepWay way, Precision precision) const {
    CompileOptions options{.precision = precision,
                           .capture_steps = way.captured,
                           .fork_steps = way.forked,
                           .steps_per_launch = way.steps_per_launch,
                           .training = TrainingOptions{.batch = kBatch,
                                                       .last_batch = kSamples % kBatch,
                                                       .optimizer = Adam{.learning_rate = 1e-3f},
                                                       .seed = 5}};
    options.training->resident = {training().pixels, training().labels};
    if (way.steps_per_launch > 1)
      options.training->resident_validation = {validation().pixels, validation().labels};
    return {.model = model,
            .options = options,
            .training = training(),
            .validation = validation(),
            .run_length = {.steps_per_epoch = 6, .total_steps = kSteps, .steps_per_evaluation = 8}};
  }

  std::unique_ptr<Program> start(const TestBackend& gpu, const train::RunInfo& run) const {
    std::unique_ptr<Program> program = gpu.backend->compile(model.graph, run.options);
    RandomSequence random = reference::random_for(22);
    program->set_parameters(reference::draw_parameters(model.graph, random));
    return program;
  }
};

/// What a run gives.
struct RunResult {
  std::vector<float> parameters;
  std::vector<std::vector<float>> moments;
  std::vector<double> losses;  ///< of each evaluation, training and validation
  bool operator==(const RunResult&) const = default;
};

/// Keeps losses, and asks for a stop in the first interval if it is to.
class Recorder : public train::Observer {
 public:
  Recorder(std::vector<double>& losses, train::StopRequest* stop) : losses_(losses), stop_(stop) {}
  void on_progress(const train::Progress&) override {
    if (stop_) stop_->ask(train::RunEnd::Reason::signal);
  }
  void on_evaluation(const train::Evaluation& evaluation, Program&) override {
    losses_.push_back(evaluation.training.loss());
    losses_.push_back(evaluation.validation.loss());
  }

 private:
  std::vector<double>& losses_;
  train::StopRequest* stop_;
};

/// Trains to the end of the run, or until a stop is requested in its first interval. Returns the state.
io::RunState run_until(const train::RunInfo& run, Program& program, const io::RunState& from, bool is_stopped,
                       std::vector<double>& losses) {
  train::StopRequest stop;
  train::Trainer trainer(run, program, stop);
  trainer.add(std::make_unique<Recorder>(losses, is_stopped ? &stop : nullptr));
  return trainer.train(from).state;
}

RunResult train_task(const Task& task, const TestBackend& gpu, Precision precision, StepWay way) {
  const train::RunInfo run = task.run(way, precision);
  const auto program = task.start(gpu, run);
  CHECK((program->resident_steps() != nullptr) == (way.steps_per_launch > 1));
  RunResult trained;
  run_until(run, *program, {}, false, trained.losses);
  trained.parameters = program->parameters();
  trained.moments = program->moments();
  return trained;
}

/// Stops after the first progress, and goes on in another program.
RunResult train_task_with_a_stop(const Task& task, const TestBackend& gpu, Precision precision, StepWay way) {
  const train::RunInfo run = task.run(way, precision);
  const auto program = task.start(gpu, run), resumed = task.start(gpu, run);
  RunResult trained;
  const io::RunState state = run_until(run, *program, {}, true, trained.losses);
  CHECK(state.step > 0);
  CHECK(state.step < 8);
  resumed->set_parameters(program->parameters());
  resumed->set_moments(program->moments());
  run_until(run, *resumed, state, false, trained.losses);
  trained.parameters = resumed->parameters();
  trained.moments = resumed->moments();
  return trained;
}

void check_task(const Task& task, const TestBackend& gpu, Precision precision,
                const std::vector<std::int64_t>& launches) {
  INFO(gpu.name << ", " << precision_name(precision));
  const RunResult expected = train_task(task, gpu, precision, {});
  REQUIRE(expected.losses.size() == 6);  // after 8, 16 and 20 steps
  for (const std::int64_t steps : launches) {
    INFO(steps << " steps per launch");
    CHECK(train_task(task, gpu, precision, {.steps_per_launch = steps}) == expected);
    CHECK(train_task_with_a_stop(task, gpu, precision, {.steps_per_launch = steps}) == expected);
  }
  CHECK(train_task(task, gpu, precision, {.steps_per_launch = 3, .captured = false}) == expected);
  CHECK(train_task(task, gpu, precision, {.steps_per_launch = 3, .forked = true}) == expected);
}

}  // namespace

TEST_CASE("steps that find their batches by themselves give the bits of steps that the host feeds",
          "[cuda][resident]") {
  const Task mlp(small_mlp()), cnn(small_cnn());
  FOR_EACH_GPU(gpu) {
    for (const Precision precision : precisions_of(*gpu)) check_task(mlp, *gpu, precision, {2, 3, 4});
    check_task(cnn, *gpu, Precision::fp32, {4});
  }
}

TEST_CASE("a run goes on with the same bits from any step, whatever a launch holds", "[cuda][resident]") {
  const Task task(small_mlp());
  FOR_EACH_GPU(gpu) {
    const train::RunInfo run = task.run({.steps_per_launch = 3}, Precision::fp32);
    const auto take = [&](Program& program, std::int64_t from, std::int64_t to) {
      train::ResidentEpochs epochs(*program.resident_steps(), kSamples, 5, run.run_length);
      while (from < to) from += epochs.train(from, to);
    };
    const auto whole = task.start(*gpu, run);
    take(*whole, 0, kSteps);
    for (std::int64_t step = 1; step < kSteps; ++step) {
      INFO(gpu->name << ", stopped after " << step << " steps");
      const auto stopped = task.start(*gpu, run), resumed = task.start(*gpu, run);
      take(*stopped, 0, step);
      resumed->set_parameters(stopped->parameters());
      resumed->set_moments(stopped->moments());
      resumed->set_metrics(stopped->metrics());
      take(*resumed, step, kSteps);
      CHECK(resumed->parameters() == whole->parameters());
      CHECK(resumed->moments() == whole->moments());
      CHECK(resumed->metrics().loss_sum == whole->metrics().loss_sum);
      CHECK(resumed->metrics().count == whole->metrics().count);
    }
  }
}

TEST_CASE(
    "a launch holds as many steps as were asked for, unless an epoch, a stop or a short batch is nearer",
    "[cuda][resident]") {
  const Task task(small_mlp());
  FOR_EACH_GPU(gpu) {
    INFO(gpu->name);
    const train::RunInfo run = task.run({.steps_per_launch = 2}, Precision::fp32);
    const auto program = task.start(*gpu, run);
    train::ResidentEpochs epochs(*program->resident_steps(), kSamples, 5, run.run_length);
    std::vector<std::int64_t> launches;
    for (std::int64_t step = 0; step < 15; step += launches.back())
      launches.push_back(epochs.train(step, 15));
    // Steps 0 to 5 (the first runs alone, and 5 has a short batch), 6 to 11, 12 to 14.
    CHECK(launches == std::vector<std::int64_t>{1, 1, 2, 1, 1, 2, 2, 1, 1, 2, 1});
  }
}

TEST_CASE("steps of an epoch whose order is not known are refused", "[cuda][resident]") {
  const Task task(small_mlp());
  FOR_EACH_GPU(gpu) {
    INFO(gpu->name);
    const auto program = task.start(*gpu, task.run({.steps_per_launch = 2}, Precision::fp32));
    ResidentSteps& steps = *program->resident_steps();
    CHECK_THROWS_AS(steps.train(0, 1), Error);
    const std::vector<std::uint32_t> few(kSamples - 1), all(kSamples);
    CHECK_THROWS_AS(steps.set_order(0, few), Error);
    steps.set_order(0, all);
    CHECK(steps.train(0, 1) == 1);
    CHECK_THROWS_AS(steps.train(6, 1), Error);   // the next epoch
    CHECK_THROWS_AS(steps.train(12, 1), Error);  // the one after it, which has the first one's place
  }
}

TEST_CASE("validation data are evaluated where they are, and only those", "[cuda][resident]") {
  const Task task(small_mlp());
  FOR_EACH_GPU(gpu) {
    INFO(gpu->name);
    const auto program = task.start(*gpu, task.run({.steps_per_launch = 2}, Precision::fp32));
    const auto fed = task.start(*gpu, task.run({}, Precision::fp32));
    const DatasetView part = task.validation().subset(2, 5);
    CHECK_FALSE(program->evaluate_resident(task.training().subset(0, 5)));
    CHECK_FALSE(program->evaluate_resident(task.all().subset(5, 5)));
    CHECK_FALSE(fed->evaluate_resident(part));
    CHECK(program->metrics().count == 0);
    CHECK(program->evaluate_resident(part));
    const Metrics found = program->metrics(), expected = train::evaluate(*fed, part);
    CHECK(found.loss_sum == expected.loss_sum);
    CHECK(found.confusion == expected.confusion);
    CHECK(found.count == 5);
  }
}
