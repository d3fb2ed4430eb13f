#include "tools/bench_program.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <fmt/format.h>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sys/resource.h>
#include <vector>

#include "data/batch_stream.hpp"
#include "data/mnist.hpp"
#include "engine/core/error.hpp"
#include "engine/devices.hpp"
#include "engine/graph/initializer.hpp"
#include "engine/train/evaluate.hpp"
#include "models/models.hpp"
#include "tools/bench_options.hpp"
#include "tools/options.hpp"

namespace lenet {
namespace {

using Clock = std::chrono::steady_clock;

constexpr HelpText kHelp{
    .usage = "lenet_bench [options]",
    .purpose = "Times training steps, batch by batch, and inference over the test images.",
    .examples = "Example: lenet_bench --model mlp --json; tools/bench_pytorch.py gives PyTorch's figures.",
};

struct Timings {
  std::vector<double> step_seconds;  ///< sorted
  double inference_images_per_second = 0;
  double peak_memory_mib = 0;

  double quantile(double share) const {
    return step_seconds[static_cast<std::size_t>(share * static_cast<double>(step_seconds.size() - 1))];
  }
};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// The most memory that this process has had resident so far.
double peak_memory_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

/// Every step is timed from one to the next, fetching its batch included, as training has it. A device that
/// queues its work is waited for, since metrics() does.
std::vector<double> time_steps(Program& program, const DatasetView& data, const BenchOptions& options,
                               std::int64_t batch) {
  std::vector<double> seconds;
  std::int64_t step = 0;
  const std::int64_t total = options.warmup + options.steps;
  for (std::uint64_t epoch = 0; step < total; ++epoch) {
    BatchStream batches(data, {.batch = batch, .seed = 1, .epoch = epoch}, program.slots());
    for (Clock::time_point last = Clock::now(); step < total;) {
      const HostSlot* const slot = batches.next();
      if (!slot) break;
      program.train_step(*slot, step);
      program.metrics();
      const double took = seconds_since(last);
      last = Clock::now();
      if (++step > options.warmup && slot->count == batch) seconds.push_back(took);
    }
  }
  std::ranges::sort(seconds);
  return seconds;
}

Timings measure(Program& program, const Dataset& dataset, const BenchOptions& options, std::int64_t batch) {
  Timings timings{.step_seconds = time_steps(program, dataset.training_split(), options, batch)};
  if (timings.step_seconds.empty())
    throw UsageError("--batch holds more images than there are: nothing was timed");
  constexpr int kInferenceRuns = 3;
  std::array<double, kInferenceRuns> runs{};
  evaluate(program, dataset.test_split());  // a warm-up
  for (double& run : runs) {
    const Clock::time_point start = Clock::now();
    evaluate(program, dataset.test_split());
    run = seconds_since(start);
  }
  std::ranges::sort(runs);
  timings.inference_images_per_second =
      static_cast<double>(dataset.test_split().count()) / runs[kInferenceRuns / 2];
  timings.peak_memory_mib = peak_memory_mib();
  return timings;
}

int bench(const BenchOptions& options) {
  const Model model = make_model(options.model);
  const std::int64_t batch = options.batch.value_or(model.recipe.batch);
  const Dataset dataset = load_mnist(options.data, 5000);
  const OpenedBackend opened = open_backend(parse_device(options.device), static_cast<int>(options.threads));
  const auto program =
      opened.backend->compile(model.graph, {.batch = batch, .optimizer = model.recipe.optimizer, .seed = 1});
  program->set_parameters(initial_parameters(model.graph, model.initializer, 1));
  const Timings timings = measure(*program, dataset, options, batch);

  const double median = timings.quantile(0.5);
  const double images_per_second = static_cast<double>(batch) / median;
  if (options.json) {
    std::cout << nlohmann::ordered_json{{"program", "lenet"},
                                        {"device", opened.backend->info().description},
                                        {"model", options.model},
                                        {"batch", batch},
                                        {"steps", timings.step_seconds.size()},
                                        {"median_step_ms", median * 1e3},
                                        {"p10_step_ms", timings.quantile(0.1) * 1e3},
                                        {"p90_step_ms", timings.quantile(0.9) * 1e3},
                                        {"training_images_per_second", images_per_second},
                                        {"inference_images_per_second", timings.inference_images_per_second},
                                        {"peak_memory_mib", timings.peak_memory_mib}}
                     .dump(2)
              << '\n';
    return 0;
  }
  fmt::print("{} on {}, batch {}, {} steps\n", options.model, opened.backend->info().description, batch,
             timings.step_seconds.size());
  fmt::print("training   {:.3f} ms a step (median; p10 {:.3f}, p90 {:.3f}), {:.0f} images/s\n", median * 1e3,
             timings.quantile(0.1) * 1e3, timings.quantile(0.9) * 1e3, images_per_second);
  fmt::print("inference  {:.0f} images/s\n", timings.inference_images_per_second);
  fmt::print("memory     {:.0f} MiB at most\n", timings.peak_memory_mib);
  return 0;
}

}  // namespace

int bench_program(int argc, const char* const* argv) {
  BenchOptions options;
  OptionSet set = bench_option_set(options);
  const CommandLine line = parse_command_line(set, argc, argv);
  if (line.has("help")) {
    std::cout << help_text(set, kHelp);
    return 0;
  }
  apply_environment(set);
  apply_command_line(set, line);
  if (!line.positionals.empty())
    throw UsageError("unexpected '" + line.positionals.front() + "': see --help");
  return bench(options);
}

}  // namespace lenet
