#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/backend.hpp"
#include "engine/graph/recipe.hpp"
#include "tools/cli/options.hpp"
#include "tools/cli/program_options.hpp"
#include "tools/cli/run_folder.hpp"

namespace lenet::cli {

/// The options of lenet_train. Empty ones are filled from the model's recipe, see resolve().
struct TrainOptions {
  std::string model = "cnn";
  std::string recipe = "keras";
  std::optional<double> dropout;

  std::optional<std::int64_t> epochs;
  std::optional<std::int64_t> steps;
  std::optional<std::int64_t> evaluate_every;  ///< in epochs or steps, as the run counts
  std::optional<std::int64_t> batch;
  std::optional<std::string> optimizer;
  std::optional<double> lr;
  std::int64_t seed = 1;
  std::optional<std::int64_t> patience;
  std::optional<std::string> init;  ///< weights to start from; an absolute path, as a resumed run needs it

  std::optional<std::string> data;
  std::int64_t validation = 5000;
  std::optional<std::string> out;
  bool tensorboard = true;

  std::string device = "auto";
  std::int64_t threads = 0;
  std::string precision = "fp32";
  bool deterministic = true;
  bool cuda_graph = true;
  bool autotune = false;
  bool data_on_device = false;
  std::int64_t steps_per_launch = 1;
  bool fork_steps = false;
  bool histograms_on_device = false;
  std::string fused = "off";

  std::optional<std::string> config;
  std::optional<std::string> resume;
  bool resume_if_there = false;
  bool dry_run = false;
  bool fast_dev_run = false;
  bool list_devices = false;
  bool quiet = false;
  bool verbose = false;
  ProgramQuestions questions;

  std::shared_ptr<const RunFolder> resumed;  ///< folder of the resumed run, locked since before it was read
};

/// Returns the options of lenet_train, bound to the fields of `options`.
OptionSet train_option_set(TrainOptions& options);
Manual train_manual();

/// Reads the configuration file, the environment and the command line; later ones take precedence. With
/// --resume the run's folder is locked, the file is the run's own, the environment is ignored, and options
/// that are kept on resume cannot be changed. Throws UsageError; IoError if the folder cannot be locked.
TrainOptions read_train_options(int argc, const char* const* argv);

/// Reads a configuration file alone. Throws UsageError.
TrainOptions options_in_file(const std::string& path);

/// Builds the model and fills empty `options` from its recipe, then sets the recipe to the run's final
/// settings. Throws UsageError.
Model resolve(TrainOptions& options);

/// Returns the names of the options that were changed but have no effect on the CPU: "--autotune".
std::vector<std::string> unused_on_cpu(TrainOptions options);

/// Returns the CompileOptions that follow from the options, without resident data.
CompileOptions compile_options(const TrainOptions& options, const Recipe& recipe);

/// Returns the resolved configuration as a file; --config repeats the run from it.
std::string config_file_text(TrainOptions options);

}  // namespace lenet::cli
