#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "engine/backend.hpp"
#include "engine/graph/recipe.hpp"
#include "tools/cli/common_options.hpp"
#include "tools/cli/options.hpp"

namespace lenet::cli {

/// The options of a training run. Empty ones come from the model's recipe, see resolve().
struct TrainOptions {
  std::string model = "cnn";
  std::string recipe = "keras";
  std::optional<double> dropout;

  std::optional<std::int64_t> epochs;
  std::optional<std::int64_t> steps;
  std::optional<std::int64_t> batch;
  std::optional<std::string> optimizer;
  std::optional<double> lr;
  std::int64_t seed = 1;
  std::optional<std::int64_t> patience;

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

  std::optional<std::string> config;
  std::optional<std::string> resume;
  bool dry_run = false;
  bool fast_dev_run = false;
  bool list_devices = false;
  bool quiet = false;
  ProgramQuestions questions;
};

/// Every option of lenet_train, bound to the fields of `options`.
OptionSet train_option_set(TrainOptions& options);
std::string train_help();

/// Reads the configuration file, the environment and the command line, in that order, so that the last wins.
/// With --resume the file is the run's own, and options that a resumed run keeps cannot be changed. Throws
/// UsageError.
TrainOptions read_train_options(int argc, const char* const* argv);

/// Builds the model and fills the empty `options` from its recipe; the model's recipe is then that of the
/// run. Throws UsageError.
Model resolve(TrainOptions& options);

/// The parts of CompileOptions that come from options, without resident data.
CompileOptions compile_options(const TrainOptions& options, const Recipe& recipe);

/// The resolved configuration as a file that --config repeats the run from.
std::string config_file_text(TrainOptions options);

}  // namespace lenet::cli
