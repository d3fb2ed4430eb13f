// lenet_train: trains a model, or resumes a stopped run.
#include <algorithm>
#include <csignal>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "data/mnist.hpp"
#include "engine/core/append_file.hpp"
#include "engine/core/error.hpp"
#include "engine/core/file.hpp"
#include "engine/core/text.hpp"
#include "engine/core/warning.hpp"
#include "engine/device/devices.hpp"
#include "engine/figures/figure.hpp"
#include "engine/graph/initializer.hpp"
#include "engine/io/checkpoint.hpp"
#include "engine/tensorboard/tensorboard.hpp"
#include "engine/train/checkpoints.hpp"
#include "engine/train/early_stop.hpp"
#include "engine/train/learning_check.hpp"
#include "engine/train/metrics_csv.hpp"
#include "engine/train/trainer.hpp"
#include "tools/cli/banner.hpp"
#include "tools/cli/console.hpp"
#include "tools/cli/precision.hpp"
#include "tools/cli/program.hpp"
#include "tools/cli/resumed_run.hpp"
#include "tools/cli/run_folder.hpp"
#include "tools/cli/signals.hpp"
#include "tools/cli/terminal.hpp"
#include "tools/cli/train_options.hpp"
#include "tools/cli/training_machines.hpp"
#include "tools/cli/weights.hpp"

namespace lenet::cli {
namespace {

constexpr std::int64_t kFastEpochs = 2;
constexpr std::int64_t kFastSteps = 5;
constexpr std::int64_t kFastValidation = 500;

/// The splits of a run's data, views into `dataset`.
struct Splits {
  DatasetView training;
  DatasetView validation;
  DatasetView test;
};

Splits split(const data::Dataset& dataset, const TrainOptions& options, std::int64_t batch) {
  Splits splits{dataset.training_split(), dataset.validation_split(), dataset.test_split()};
  if (options.fast_dev_run) {
    const auto shorten = [](DatasetView& data, std::int64_t count) {
      data = data.subset(0, std::min(count, data.count()));
    };
    shorten(splits.training, kFastSteps * batch);
    shorten(splits.validation, kFastValidation);
  }
  return splits;
}

/// A run that is ready to start. The constructor detects all errors in options, data, device and checkpoint
/// before it writes anything.
class TrainingRun {
 public:
  explicit TrainingRun(TrainOptions options);
  TrainingRun(const TrainingRun&) = delete;  // its parts refer to each other
  TrainingRun& operator=(const TrainingRun&) = delete;

  /// Returns the reason why a resumed run has nothing left to do, or nullopt if it has. Throws UsageError if
  /// it has done more than the options ask for.
  std::optional<std::string> completed() const;
  /// Returns the line that says why `auto` fell back to another device; empty if it did not.
  std::string notice() const { return opened_.notice(); }
  /// Warns of options that the run's device does not use.
  void warn_of_unused() const;
  /// Returns the banner and the model's summary for a run in `folder`, as standard output has room for them.
  std::string description(const std::filesystem::path& folder);
  /// Trains and returns the exit code.
  int run();

 private:
  device::OpenedBackend open_device() const;
  ClassNames class_names() const;
  train::RunInfo plan() const;
  io::RunState start();
  std::vector<float> initial_weights() const;
  std::shared_ptr<const RunFolder> open_folder() const;
  void add_observers(train::Trainer& trainer, train::StopRequest& stop) const;

  TrainOptions options_;
  std::string named_data_;  ///< the data's folder as the user gave it; empty if not given
  Model model_;
  device::DeviceChoice device_;
  std::optional<io::Checkpoint> earlier_;  ///< of the resumed run
  data::Dataset dataset_;
  device::OpenedBackend opened_;
  train::RunInfo run_;
  std::unique_ptr<Program> program_;
  io::RunState state_;
};

TrainOptions with_fast_epochs(TrainOptions options) {
  if (!options.fast_dev_run) return options;
  options.epochs = kFastEpochs;
  options.steps.reset();
  options.evaluate_every.reset();
  return options;
}

TrainingRun::TrainingRun(TrainOptions options)
    : options_(with_fast_epochs(std::move(options))),
      named_data_(options_.data.value_or("")),
      model_(resolve(options_)),
      device_(device::parse_device(options_.device)),
      earlier_(earlier_state(options_, model_.graph)),
      dataset_(data::load_mnist(options_.data, options_.validation)),
      opened_(open_device()),
      run_(plan()),
      program_(opened_.backend->compile(model_.graph, run_.options)),
      state_(start()) {
  // A resumed run may start in another working directory.
  std::error_code ignored;
  const std::filesystem::path data = std::filesystem::absolute(dataset_.folder, ignored);
  options_.data = (ignored ? dataset_.folder : data).string();
  run_.resume_from(state_);
  run_.config = config_file_text(options_);
  run_.settings = kept_settings(options_);
}

device::OpenedBackend TrainingRun::open_device() const {
  device::OpenedBackend opened =
      device::open_backend(device_, {.threads = static_cast<int>(options_.threads)});
  require_precision(options_.precision, opened);
  return opened;
}

// A resumed run keeps the names that it began with.
ClassNames TrainingRun::class_names() const {
  if (!earlier_) return dataset_.class_names;
  return class_names_for(std::filesystem::path(*options_.resume) / "last.bin", earlier_->info.class_names,
                         dataset_);
}

train::RunInfo TrainingRun::plan() const {
  const Recipe& recipe = model_.recipe;
  const Splits data = split(dataset_, options_, recipe.batch);
  train::RunInfo run{.model = model_,
                     .device = opened_.backend->info(),
                     .options = compile_options(options_, recipe),
                     .training = data.training,
                     .validation = data.validation,
                     .test = data.test,
                     .class_names = class_names(),
                     .run_length = train::make_run_length(data.training.count(), recipe.batch, recipe.epochs,
                                                          recipe.steps, options_.evaluate_every),
                     .keeps_initial_weights = options_.init.has_value()};
  run.options.training->last_batch = data.training.count() % recipe.batch;
  // The CPU reads the images where they are.
  if (options_.data_on_device || run.device.on_host)
    run.options.training->resident = {data.training.pixels, data.training.labels};
  if (options_.data_on_device)
    run.options.training->resident_validation = {data.validation.pixels, data.validation.labels};
  return run;
}

io::RunState TrainingRun::start() {
  if (earlier_) {
    require_same_run(*earlier_, options_, run_, program_->moments().size(), dataset_.folder);
    return without_lost_best(train::restore(*earlier_, *program_), options_, model_.graph);
  }
  if (options_.resume) require_nothing_to_lose(options_, run_);
  program_->set_parameters(initial_weights());
  return {};
}

std::vector<float> TrainingRun::initial_weights() const {
  if (options_.init) return load_model(*options_.init, model_.name).checkpoint.parameters;
  return initial_parameters(model_.graph, model_.initializer, static_cast<std::uint64_t>(options_.seed));
}

std::optional<std::string> TrainingRun::completed() const {
  if (!earlier_) return std::nullopt;
  return completion_of(state_, options_, run_);
}

void TrainingRun::warn_of_unused() const {
  if (!opened_.backend->info().on_host) return;
  const std::vector<std::string> unused = unused_on_cpu(options_);
  if (unused.empty()) return;
  warn(fmt::format("{}: no effect on the CPU, only on a GPU", fmt::join(unused, ", ")));
}

std::string TrainingRun::description(const std::filesystem::path& folder) {
  constexpr int kValues = 11;  // column of the banner's values
  const int width = output_columns();
  run_.folder = folder;
  return for_output(banner(run_, *program_, dataset_.folder.string(), options_.init.value_or("")), kValues) +
         "\n" + summary(model_.graph, width) +
         (options_.verbose ? "\n" + implementations(*program_, width) : "");
}

std::shared_ptr<const RunFolder> TrainingRun::open_folder() const {
  if (options_.resumed) return options_.resumed;
  const bool kept = !options_.fast_dev_run || options_.out;
  return std::make_shared<RunFolder>(kept ? RunFolder::make(model_.name, options_.out)
                                          : RunFolder::temporary());
}

void TrainingRun::add_observers(train::Trainer& trainer, train::StopRequest& stop) const {
  const std::filesystem::path& folder = run_.folder;
  ConsoleOptions console = console_options_here(options_.quiet);
  console.kept = !options_.fast_dev_run || options_.out;
  console.data = named_data_;
  const auto writer = std::make_shared<io::CheckpointWriter>();
  const auto files = std::make_shared<AppendFiles>();
  trainer.add(std::make_unique<train::BestCheckpoint>(folder / "best.bin", writer));
  trainer.add(std::make_unique<train::MetricsCsv>(folder / "metrics.csv", files));
  if (options_.tensorboard) {
    const std::string failure = figures::drawing_failure();
    if (!failure.empty()) std::cerr << for_errors("TensorBoard gets no pictures: " + failure + "\n");
    trainer.add(std::make_unique<tensorboard::TensorBoard>(folder, files, failure.empty()));
  }
  if (options_.patience) trainer.add(std::make_unique<train::EarlyStop>(*options_.patience, stop));
  // After all others that write files, so that every step saved in last.bin is already in theirs.
  trainer.add(std::make_unique<train::LastCheckpoint>(folder / "last.bin", writer, files));
  // After those that save, so that it names a file only when the file is there.
  trainer.add(std::make_unique<Console>(std::cout, console));
  // After the console, so that a warning is below the line that it is about.
  trainer.add(std::make_unique<train::LearningCheck>());
}

int TrainingRun::run() {
  const std::shared_ptr<const RunFolder> folder = open_folder();
  run_.folder = folder->path();
  write_file_atomically(run_.folder / "config.toml", run_.config);
  record_machine(run_.folder, this_machine(run_.device, run_.first_step));
  if (!options_.quiet) std::cout << description(run_.folder) << std::endl;

  train::StopRequest stop;
  train::Trainer trainer(run_, *program_, stop);
  add_observers(trainer, stop);
  const StopOnSignals signals(stop);
  const train::RunEnd end = trainer.train(state_);
  if (end.reason != train::RunEnd::Reason::signal) return 0;
  if (signals.received() == SIGPIPE)
    warn(fmt::format("standard output was closed: stopped after {} steps; to go on: lenet_train --resume {}",
                     end.step, shell_quoted(run_.folder.string())));
  return signals.exit_code();
}

int train(const TrainOptions& options) {
  TrainingRun run(options);
  if (const auto why = run.completed()) {
    std::cout << for_output(printable(*why) + "\n");
    return 0;
  }
  run.warn_of_unused();
  if (!options.quiet || options.dry_run) std::cerr << for_errors(run.notice());
  if (options.dry_run) {
    std::cout << run.description(options.resume ? std::filesystem::path(*options.resume)
                                                : RunFolder::next(options.model, options.out));
    return 0;
  }
  return run.run();
}

int list_devices_to(std::ostream& out) {
  constexpr int kDescription = 9;  // its column
  for (const DeviceInfo& device : device::list_devices())
    out << for_output(fmt::format("{:<8} {}\n", device.name, device.description), kDescription);
  out << std::flush;
  for (const std::string& line : device::unusable_devices()) std::cerr << for_errors(line + "\n");
  return 0;
}

int train_program(int argc, const char* const* argv) {
  const TrainOptions options = read_train_options(argc, argv);
  if (answered(options.questions, train_manual)) return 0;
  if (options.list_devices) return list_devices_to(std::cout);
  return train(options);
}

}  // namespace
}  // namespace lenet::cli

int main(int argc, char** argv) {
  return lenet::cli::run_program("lenet_train", lenet::cli::train_program, lenet::cli::train_manual, argc,
                                 argv);
}
