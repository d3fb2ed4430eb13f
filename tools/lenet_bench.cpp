// lenet_bench: times training steps and inference of the models.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <iostream>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <sys/resource.h>
#include <vector>

#include "data/mnist.hpp"
#include "engine/core/clock.hpp"
#include "engine/core/error.hpp"
#include "engine/core/rounding.hpp"
#include "engine/core/warning.hpp"
#include "engine/device/devices.hpp"
#include "engine/graph/initializer.hpp"
#include "engine/train/batch_stream.hpp"
#include "engine/train/evaluation.hpp"
#include "engine/train/resident_epochs.hpp"
#include "models/models.hpp"
#include "tools/cli/bench_options.hpp"
#include "tools/cli/common_options.hpp"
#include "tools/cli/machine_load.hpp"
#include "tools/cli/options.hpp"
#include "tools/cli/precision.hpp"
#include "tools/cli/program.hpp"
#include "tools/cli/terminal.hpp"

namespace lenet::cli {
namespace {

/// Most that other programs may use of the cores' time before figures suffer.
constexpr double kQuiet = 0.05;

/// The start-up phase, before step times are stable. In seconds since the program began.
struct StartUp {
  double first_step = 0;  ///< end of the first step: data read, device open, plans built
  double ready = 0;       ///< from here on steps are stable: on a GPU, each slot's CUDA graph is captured
};

struct Timings {
  StartUp start_up;
  std::vector<double> step_seconds;  ///< sorted
  double inference_images_per_second = 0;
  double histograms_seconds = 0;  ///< of all weights and gradients, for one evaluation in TensorBoard
  double peak_memory_mib = 0;
  double busy_with_others = 0;  ///< share of the cores' time, 0 to 1

  double quantile(double share) const {
    return step_seconds[static_cast<std::size_t>(share * static_cast<double>(step_seconds.size() - 1))];
  }
};

/// Returns the peak of this process's resident memory.
double peak_memory_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

double device_memory_mib(const Program& program) {
  double bytes = 0;
  for (const MemoryUse& use : program.memory_use()) bytes += static_cast<double>(use.bytes);
  return bytes / (1024.0 * 1024.0);
}

/// A program that is ready to be timed.
struct Bench {
  const BenchOptions& options;
  Clock::time_point began;
  Model model;
  std::int64_t batch;
  data::Dataset dataset;
  device::OpenedBackend opened;
  std::unique_ptr<Program> program = {};
  bool by_index = false;        ///< the training images are resident on the device, or it is the CPU
  std::int64_t sync_every = 1;  ///< steps per synchronization with the device

  explicit Bench(const BenchOptions& bench_options);
  bool on_cpu() const { return opened.backend->info().on_host; }
};

Bench::Bench(const BenchOptions& bench_options)
    : options(bench_options),
      began(Clock::now()),
      model(models::make_model(bench_options.model)),
      batch(bench_options.batch.value_or(model.recipe.batch)),
      dataset(data::load_mnist(bench_options.data, bench_options.validation)),
      opened(device::open_backend(device::parse_device(bench_options.device),
                                  {.threads = static_cast<int>(bench_options.threads)})) {
  require_precision(options.precision, opened);
  by_index = options.data_on_device || on_cpu();
  // A graph of several steps begins at a multiple of their number.
  sync_every = round_up(std::min(options.sync_every.value_or(on_cpu() ? 1 : 50), options.steps),
                        options.steps_per_launch);
  const DatasetView training = dataset.training_split();
  if (training.count() < batch)
    throw UsageError(fmt::format("--batch {}: there are only {} images", batch, training.count()));
  TrainingOptions steps{.batch = batch, .optimizer = model.recipe.optimizer, .seed = 1};
  if (by_index) steps.resident = {training.pixels, training.labels};
  if (options.steps_per_launch > 1) steps.last_batch = training.count() % batch;
  const CompileOptions compile{.precision = parse_precision(options.precision),
                               .deterministic = options.deterministic,
                               .capture_steps = options.cuda_graph,
                               .autotune = options.autotune,
                               .fork_steps = options.fork_steps,
                               .steps_per_launch = options.steps_per_launch,
                               .histograms_on_device = options.histograms_on_device,
                               .fused = parse_fused(options.fused),
                               .training = steps};
  program = opened.backend->compile(model.graph, compile);
  program->set_parameters(initial_parameters(model.graph, model.initializer, 1));
}

/// An endless stream of full batches, epoch after epoch.
class Batches {
 public:
  explicit Batches(const Bench& bench) : bench_(bench) {}

  const HostSlot& next() {
    for (;;) {
      const HostSlot* const slot = stream_ ? stream_->next() : nullptr;
      if (slot && slot->count == bench_.batch) return *slot;
      stream_.reset();  // ends before another stream uses the slots
      stream_.emplace(bench_.dataset.training_split(),
                      train::BatchOptions{
                          .batch = bench_.batch, .seed = 1, .epoch = epoch_++, .by_index = bench_.by_index},
                      bench_.program->slots());
    }
  }

 private:
  const Bench& bench_;
  std::optional<train::BatchStream> stream_;
  std::uint64_t epoch_ = 0;
};

/// Takes steps as in training, each on a newly fetched batch, or on one that the device finds by itself.
class Steps {
 public:
  explicit Steps(const Bench& bench) : bench_(bench), batches_(bench) {
    const std::int64_t samples = bench.dataset.training_split().count();
    if (ResidentSteps* const steps = bench.program->resident_steps())
      resident_.emplace(*steps, samples, 1,
                        train::RunLength{.steps_per_epoch = ceil_divide(samples, bench.batch),
                                         .total_steps = std::numeric_limits<std::int64_t>::max()});
  }

  std::int64_t taken() const { return taken_; }
  void take(std::int64_t count) {
    for (const std::int64_t end = taken_ + count; taken_ < end;) {
      if (resident_) {
        taken_ += resident_->train(taken_, end);
      } else {
        bench_.program->train_step(batches_.next(), taken_);
        ++taken_;
      }
    }
  }

 private:
  const Bench& bench_;
  Batches batches_;
  std::optional<train::ResidentEpochs> resident_;
  std::int64_t taken_ = 0;
};

/// Synchronizes with the device only every `sync_every` steps: training reads metrics a few times per second.
void time_steps(const Bench& bench, Timings& timings) {
  Steps steps(bench);
  const auto run = [&](std::int64_t count) {
    const Clock::time_point start = Clock::now();
    steps.take(count);
    bench.program->metrics();  // synchronizes
    return seconds_since(start) / static_cast<double>(count);
  };
  run(1);
  timings.start_up.first_step = seconds_since(bench.began);
  run(static_cast<std::int64_t>(bench.program->slots().slots().size()));
  timings.start_up.ready = seconds_since(bench.began);
  if (bench.options.warmup > 0) run(bench.options.warmup);
  const std::int64_t begin = round_up(steps.taken(), bench.options.steps_per_launch);
  if (begin > steps.taken()) run(begin - steps.taken());
  for (std::int64_t left = bench.options.steps; left > 0; left -= bench.sync_every)
    timings.step_seconds.push_back(run(bench.sync_every));
  std::ranges::sort(timings.step_seconds);
}

/// Returns the median time of some calls after a warm-up.
template <class Work>
double median_seconds(const Work& work) {
  std::array<double, 3> runs{};
  work();
  for (double& run : runs) {
    const Clock::time_point start = Clock::now();
    work();
    run = seconds_since(start);
  }
  std::ranges::sort(runs);
  return runs[runs.size() / 2];
}

/// Makes the histograms of weights and gradients, as TensorBoard's observer gets them.
void make_histograms(const Bench& bench) {
  for (const Observed of : {Observed::weights, Observed::gradients}) {
    if (bench.program->histograms(of)) continue;
    const std::vector<float> values =
        of == Observed::weights ? bench.program->parameters() : bench.program->gradients();
    for (const Parameter& parameter : bench.model.graph.parameters())
      histogram_of(parameter.in(std::span(values)));
  }
}

Timings measure(const Bench& bench) {
  Timings timings;
  const MachineLoad load;
  time_steps(bench, timings);
  const DatasetView test = bench.dataset.test_split();
  timings.inference_images_per_second =
      static_cast<double>(test.count()) / median_seconds([&] { train::evaluate(*bench.program, test); });
  timings.histograms_seconds = median_seconds([&] { make_histograms(bench); });
  timings.peak_memory_mib = peak_memory_mib();
  timings.busy_with_others = load.share_of_others();
  return timings;
}

/// Returns what computes each product of a training step.
nlohmann::ordered_json layers_of(Program& program) {
  nlohmann::ordered_json layers = nlohmann::ordered_json::array();
  for (const Implementation& each : program.implementations())
    layers.push_back({{"layer", each.layer},
                      {"product", each.product},
                      {"chosen", each.chosen},
                      {"workspace_bytes", each.workspace_bytes}});
  return layers;
}

nlohmann::ordered_json json_of(const Bench& bench, const Timings& timings) {
  const double median = timings.quantile(0.5);
  nlohmann::ordered_json json = {
      {"program", "lenet"},
      {"device", bench.opened.backend->info().description},
      {"model", bench.options.model},
      {"batch", bench.batch},
      {"precision", bench.options.precision},
      {"deterministic", bench.options.deterministic},
      {"cuda_graph", !bench.on_cpu() && bench.options.cuda_graph},
      {"autotune", !bench.on_cpu() && bench.options.autotune},
      {"data_on_device", bench.by_index && !bench.on_cpu()},
      {"steps_per_launch", bench.on_cpu() ? 1 : bench.options.steps_per_launch},
      {"fork_steps", !bench.on_cpu() && bench.options.fork_steps},
      {"histograms_on_device", !bench.on_cpu() && bench.options.histograms_on_device},
      {"fused", bench.on_cpu() ? "off" : bench.options.fused},
      {"steps", static_cast<std::int64_t>(timings.step_seconds.size()) * bench.sync_every},
      {"sync_every", bench.sync_every},
      {"median_step_ms", median * 1e3},
      {"p10_step_ms", timings.quantile(0.1) * 1e3},
      {"p90_step_ms", timings.quantile(0.9) * 1e3},
      {"training_images_per_second", static_cast<double>(bench.batch) / median},
      {"inference_images_per_second", timings.inference_images_per_second},
      {"histograms_ms", timings.histograms_seconds * 1e3},
      {"first_step_seconds", timings.start_up.first_step},
      {"ready_seconds", timings.start_up.ready},
      {"peak_memory_mib", timings.peak_memory_mib},
      {"busy_with_others", timings.busy_with_others}};
  if (!bench.on_cpu()) json["device_memory_mib"] = device_memory_mib(*bench.program);
  json["layers"] = layers_of(*bench.program);
  return json;
}

void print(const Bench& bench, const Timings& timings) {
  constexpr int kValues = 11;  // their column
  const double median = timings.quantile(0.5);
  std::cout << for_output(fmt::format("{} on {}, batch {}, {}\n", bench.model.name,
                                      bench.opened.backend->info().description, bench.batch,
                                      bench.options.precision));
  std::string text = fmt::format(
      "training   {:.4g} ms per step (median; p10 {:.4g}, p90 {:.4g}), {:.0f} images/s\n", median * 1e3,
      timings.quantile(0.1) * 1e3, timings.quantile(0.9) * 1e3, static_cast<double>(bench.batch) / median);
  text += fmt::format("inference  {:.0f} images/s\n", timings.inference_images_per_second);
  text += fmt::format("start      {:.2f} s to the end of the first step, {:.2f} s to the steady state\n",
                      timings.start_up.first_step, timings.start_up.ready);
  text += fmt::format("memory     {:.0f} MiB resident at the peak\n", timings.peak_memory_mib);
  if (!bench.on_cpu())
    text += fmt::format("           {:.0f} MiB on the device\n", device_memory_mib(*bench.program));
  std::cout << for_output(text, kValues);
}

int time_everything(const BenchOptions& options) {
  const Bench bench(options);
  std::cerr << for_errors(bench.opened.notice());
  const Timings timings = measure(bench);
  if (timings.busy_with_others > kQuiet)
    warn(fmt::format("other programs had {:.0f} % of the cores' time: these figures are too slow",
                     timings.busy_with_others * 100));
  if (options.json)
    std::cout << json_of(bench, timings).dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
              << '\n';
  else
    print(bench, timings);
  return 0;
}

Manual bench_manual() {
  static BenchOptions defaults;
  return {
      .name = "lenet_bench",
      .summary = "time training steps and inference",
      .usage = "lenet_bench [options]",
      .purpose = "Times training steps, batch by batch, and inference over the test images.",
      .notes = "tools/bench/bench_pytorch.py times PyTorch in the same way.",
      .examples = "lenet_bench --model mlp --json",
      .options = bench_option_set(defaults),
  };
}

int bench_program(int argc, const char* const* argv) {
  BenchOptions options;
  OptionSet set = bench_option_set(options);
  const auto line = read_options(set, options.questions, argc, argv);
  if (answered(options.questions, bench_manual)) return 0;
  refuse_positionals(*line);
  if (options.fused == "steps") options.data_on_device = true;  // where they are taken from
  require_data_on_device(options.steps_per_launch, options.data_on_device);
  return time_everything(options);
}

}  // namespace
}  // namespace lenet::cli

int main(int argc, char** argv) {
  return lenet::cli::run_program("lenet_bench", lenet::cli::bench_program, lenet::cli::bench_manual, argc,
                                 argv);
}
