#include "tools/cli/train_options.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <system_error>

#include "engine/core/error.hpp"
#include "engine/core/text.hpp"
#include "models/models.hpp"
#include "tools/cli/common_options.hpp"
#include "tools/cli/precision.hpp"
#include "tools/cli/resumed_run.hpp"

namespace lenet::cli {
namespace {

constexpr Limits kCount{.lowest = 1, .highest = 1e9};
constexpr Limits kBatch{.lowest = 1, .highest = 65536};
constexpr Limits kSeed{.lowest = 0};
constexpr Limits kStepsPerLaunch{.lowest = 1, .highest = 1000};
constexpr Limits kValidation{.lowest = 0, .highest = 1e9};
constexpr Limits kRate{.lowest = 0, .highest = 1, .highest_excluded = true};
// The smallest learning rate that is still positive as a float.
constexpr Limits kLearningRate{.lowest = std::numeric_limits<float>::min(),
                               .highest = std::numeric_limits<float>::max()};

LearningRate& rate_of(Optimizer& optimizer) {
  return std::visit([](auto& kind) -> LearningRate& { return kind.learning_rate; }, optimizer);
}

/// Returns the optimizer of a name in kOptimizerNames, with default settings.
const Optimizer& optimizer_named(std::string_view name) {
  return *std::ranges::find(kOptimizers, name, optimizer_name);
}

/// The value of a setting in the recipe of each model: the default model's, then those that differ, "50,
/// regressor 100".
template <class ValueOf>
std::string recipe_values(std::string_view recipe, const ValueOf& value_of) {
  const auto value_for = [&](std::string_view model) {
    return value_of(models::make_model(model, {.recipe = recipe}).recipe);
  };
  const std::string usual = value_for(TrainOptions{}.model);
  std::string text = usual;
  for (const std::string_view model : models::model_names())
    if (const std::string value = value_for(model); value != usual)
      text += fmt::format(", {} {}", model, value);
  return text;
}

/// Defaults that options show, from the models' recipes.
struct RecipeDefaults {
  std::string epochs =
      recipe_values("keras", [](const Recipe& recipe) { return fmt::to_string(recipe.epochs.value_or(0)); });
  std::string steps = "tutorial: " + recipe_values("tutorial", [](const Recipe& recipe) {
                        return fmt::to_string(recipe.steps.value_or(0));
                      });
  std::string batch =
      recipe_values("keras", [](const Recipe& recipe) { return fmt::to_string(recipe.batch); });
  std::string optimizer = recipe_values(
      "keras", [](const Recipe& recipe) { return std::string(optimizer_name(recipe.optimizer)); });
  std::string lr = recipe_values("keras", [](const Recipe& recipe) {
    return fmt::to_string(shortest_decimal(learning_rate_of(recipe.optimizer).base));
  });
};

/// Makes the path of --init independent of the working directory, in which a resumed run may differ.
void make_init_absolute(TrainOptions& options) {
  if (!options.init) return;
  std::error_code ignored;  // without a working directory the path stays as it is
  const std::filesystem::path path = std::filesystem::absolute(*options.init, ignored);
  if (!ignored) options.init = path.string();
}

void refuse_changes_on_resume(const CommandLine& line) {
  for (const auto& item : line.items)
    if (item.option->kept_on_resume)
      throw UsageError(
          fmt::format("{} cannot change when a run is resumed: start a new run instead", item.origin));
}

}  // namespace

OptionSet train_option_set(TrainOptions& o) {
  static const RecipeDefaults recipe;
  // clang-format off
  return OptionSet({
      Option{"model", "NAME", "Model", "the network", "cnn", &o.model}.among(models::model_names()).kept(),
      Option{"recipe", "NAME", "Model", "how it is trained", "keras", &o.recipe}.among(models::recipe_names()).kept(),
      Option{"dropout", "RATE", "Model", "share of units that dropout drops", "the model's", &o.dropout}.within(kRate).kept(),

      Option{"epochs", "N", "Training", "passes over the training images", recipe.epochs, &o.epochs}.within(kCount).instead_of("steps"),
      Option{"steps", "N", "Training", "steps, not epochs", recipe.steps, &o.steps}.within(kCount).instead_of("epochs"),
      Option{"batch", "N", "Training", "images per step", recipe.batch, &o.batch}.within(kBatch).kept(),
      Option{"optimizer", "NAME", "Training", "update of weights", recipe.optimizer, &o.optimizer}.among(kOptimizerNames).kept(),
      Option{"lr", "RATE", "Training", "learning rate", recipe.lr, &o.lr}.within(kLearningRate).kept(),
      Option{"seed", "N", "Training", "for weights, shuffling and dropout", "1", &o.seed}.within(kSeed).kept(),
      Option{"evaluate-every", "N", "Training", "epochs or steps between evaluations", "1; steps: 1000", &o.evaluate_every}.within(kCount).kept(),
      Option{"patience", "N", "Training", "stop after N evaluations without improvement", "never", &o.patience}.within(kCount),
      Option{"init", "FILE", "Training", "weights to start from, or a run's folder", "random", &o.init}.kept(),

      data_option("Data and results", &o.data),
      Option{"validation", "N", "Data and results", "hold out the first N images; 0: train on all", "5000", &o.validation}.within(kValidation).kept(),
      Option{"out", "DIR", "Data and results", "folder of the run", "runs/<model>-<n>", &o.out}.unsaved().kept(),
      Option{"tensorboard", "", "Data and results", "write TensorBoard event files", "on", &o.tensorboard},
      Option{"quiet", "", "Data and results", "print only the result; --dry-run prints all", "off", &o.quiet}.unsaved(),

      device_option("Device", &o.device),
      threads_option("Device", &o.threads),
      Option{"precision", "NAME", "Device", "format of numbers", "fp32", &o.precision}.among(kPrecisionNames).kept(),
      Option{"deterministic", "", "Device", "the same seed gives the same bits", "on", &o.deterministic}.kept(),
      Option{"cuda-graph", "", "Device", "run each step as one CUDA graph", "on", &o.cuda_graph}.only_on(Hardware::gpu),
      Option{"autotune", "", "Device", "time the algorithms, take the fastest", "off", &o.autotune}.only_on(Hardware::gpu).kept(),
      Option{"data-on-device", "", "Device", "keep all images of the run on the GPU", "off", &o.data_on_device}.only_on(Hardware::gpu),
      Option{"steps-per-launch", "N", "Device", "queue N steps at once, with --data-on-device", "1", &o.steps_per_launch}.only_on(Hardware::gpu).within(kStepsPerLaunch),
      Option{"fork-steps", "", "Device", "run independent parts of a step together", "off", &o.fork_steps}.only_on(Hardware::gpu),
      Option{"histograms-on-device", "", "Device", "count TensorBoard's histograms there", "off", &o.histograms_on_device}.only_on(Hardware::gpu),
      Option{"fused", "NAME", "Device", "fuse into one kernel", "off", &o.fused}.only_on(Hardware::gpu).among(kFusedNames).kept(),

      Option{"config", "FILE", "Runs", "options from a TOML file", "none", &o.config}.only_flag(),
      Option{"resume", "RUN", "Runs", "resume the stopped run in this folder", "none", &o.resume}.only_flag(),
      Option{"resume-if-there", "", "Runs", "resume the run in --out, if there is one", "off", &o.resume_if_there}.only_flag(),
      Option{"dry-run", "", "Runs", "show what would run, and stop", "off", &o.dry_run}.only_flag(),
      Option{"fast-dev-run", "", "Runs", "a few steps of everything, kept only in --out", "off", &o.fast_dev_run}.only_flag(),
      Option{"list-devices", "", "Runs", "list the devices of this machine", "off", &o.list_devices}.only_flag(),
      Option{"verbose", "", "Runs", "also name what computes each layer", "off", &o.verbose}.only_flag(),
      help_option("Runs", &o.questions.help),
      version_option("Runs", &o.questions.version),
  });
  // clang-format on
}

Manual train_manual() {
  static TrainOptions defaults;
  return {
      .name = "lenet_train",
      .summary = "train a network on MNIST",
      .usage = "lenet_train [options]",
      .purpose = "Trains a network on MNIST; keeps its best weights in runs/<model>-<n>/best.bin.",
      .notes =
          "Each option above Runs can also be a line of the --config file (batch = 50) or a\n"
          "variable (LENET_BATCH=50); flags win over variables, variables over the file.",
      .examples = "lenet_train --model mlp --epochs 5 && lenet_eval runs/mlp-1/best.bin",
      .options = train_option_set(defaults),
  };
}

TrainOptions read_train_options(int argc, const char* const* argv) {
  TrainOptions options;
  OptionSet set = train_option_set(options);
  const CommandLine line = parse_command_line(set, argc, argv);
  if (!line.positionals.empty())
    throw UsageError(fmt::format("lenet_train takes no file: what is '{}'? See --help",
                                 shortened(line.positionals.front())));
  if (line.has("help") || line.has("version")) {  // answered even if other options are wrong
    options.questions = {.help = line.has("help"), .version = line.has("version")};
    return options;
  }
  const auto resume = line.text_of("resume");
  const auto config = line.text_of("config");
  if (resume && line.has("resume-if-there"))
    throw UsageError("--resume cannot be combined with --resume-if-there: choose one");
  if (resume && config) throw UsageError("--resume cannot be combined with --config: the run has its own");
  if (resume) refuse_changes_on_resume(line);
  if (resume) options.resumed = std::make_shared<RunFolder>(RunFolder::open(*resume));
  if (config || resume)
    apply_config_file(set, config ? *config : (options.resumed->path() / "config.toml").string());
  const bool by_steps = options.steps.has_value();
  if (!resume) apply_environment(set);  // a resumed run keeps its settings
  refuse_misspelled_variables(set);
  apply_command_line(set, line);
  if (resume && options.steps.has_value() != by_steps)
    throw UsageError(fmt::format("this run counts {}: give --{}", by_steps ? "steps" : "epochs",
                                 by_steps ? "steps" : "epochs"));
  make_init_absolute(options);
  if (resume) options.resume = options.resumed->path().string();
  if (options.fused == "steps") options.data_on_device = true;  // where they are taken from
  require_data_on_device(options.steps_per_launch, options.data_on_device);
  if (resume && options.fast_dev_run) throw UsageError("--resume cannot be combined with --fast-dev-run");
  if (options.patience && options.validation == 0)
    throw UsageError("--patience needs validation images, and --validation 0 holds none back");
  go_on_if_there(options);
  return options;
}

TrainOptions options_in_file(const std::string& path) {
  TrainOptions options;
  OptionSet set = train_option_set(options);
  apply_config_file(set, path);
  return options;
}

Model resolve(TrainOptions& options) {
  models::ModelOptions model_options{.recipe = options.recipe};
  if (options.dropout) model_options.dropout = static_cast<float>(*options.dropout);
  Model model = models::make_model(options.model, model_options);
  Recipe& recipe = model.recipe;

  if (options.optimizer && *options.optimizer != optimizer_name(recipe.optimizer))
    recipe.optimizer = optimizer_named(*options.optimizer);
  if (options.lr) rate_of(recipe.optimizer) = static_cast<float>(*options.lr);
  if (options.batch) recipe.batch = *options.batch;
  if (options.epochs || options.steps) {
    recipe.epochs = options.epochs;
    recipe.steps = options.steps;
  }
  const std::optional<float> dropout = dropout_rate_of(model.graph);
  if (options.dropout && !dropout)
    throw UsageError(fmt::format("--dropout: the model '{}' has no dropout layer", model.name));
  options.optimizer = optimizer_name(recipe.optimizer);
  options.lr = shortest_decimal(learning_rate_of(recipe.optimizer).base);
  options.batch = recipe.batch;
  options.epochs = recipe.epochs;
  options.steps = recipe.steps;
  if (dropout) options.dropout = shortest_decimal(*dropout);
  return model;
}

std::vector<std::string> unused_on_cpu(TrainOptions options) {
  TrainOptions defaults;
  const OptionSet usual = train_option_set(defaults);
  const OptionSet set = train_option_set(options);
  std::vector<std::string> unused;
  for (const Option& option : set.options()) {
    if (option.hardware != Hardware::gpu) continue;
    const auto value = value_text(option);
    if (value == value_text(usual.at(option.name))) continue;
    unused.push_back(fmt::format("--{}{}", option.is_switch() && value == "false" ? "no-" : "", option.name));
  }
  return unused;
}

CompileOptions compile_options(const TrainOptions& options, const Recipe& recipe) {
  return {.precision = parse_precision(options.precision),
          .deterministic = options.deterministic,
          .capture_steps = options.cuda_graph,
          .autotune = options.autotune,
          .fork_steps = options.fork_steps,
          .steps_per_launch = options.steps_per_launch,
          .histograms_on_device = options.histograms_on_device,
          .fused = parse_fused(options.fused),
          .training = TrainingOptions{.batch = recipe.batch,
                                      .optimizer = recipe.optimizer,
                                      .seed = static_cast<std::uint64_t>(options.seed)}};
}

std::string config_file_text(TrainOptions options) {
  return "# What this run was trained with. To repeat it: lenet_train --config config.toml\n" +
         config_text(train_option_set(options));
}

}  // namespace lenet::cli
