#include "tools/cli/eval_options.hpp"

#include <fmt/format.h>

#include "engine/core/error.hpp"
#include "tools/cli/weights.hpp"

namespace lenet::cli {

OptionSet eval_option_set(EvalOptions& o) {
  // clang-format off
  return OptionSet({
      weights_model_option("Weights", &o.model),

      split_option("Images", &o.images.split),
      data_option("Images", &o.images.data),
      held_back_option("Images", &o.images.validation),

      Option{"plot", "FILE", "Pictures", "digits and predictions: .png, .svg or .pdf", "none", &o.plot}.only_flag(),
      force_option("Pictures", &o.force),
      Option{"show", "", "Pictures", "draw them in the terminal", "off", &o.show}.only_flag(),
      Option{"errors", "", "Pictures", "the most confident mistakes, not random digits", "off", &o.errors}.only_flag(),
      Option{"count", "N", "Pictures", "how many digits", "10", &o.count}.within({.lowest = 1, .highest = 100}).only_flag(),
      Option{"seed", "N", "Pictures", "which random digits", "1", &o.seed}.within({.lowest = 0}).only_flag(),

      device_option("Device", &o.device.device),
      threads_option("Device", &o.device.threads),

      Option{"quiet", "", "Output", "accuracy and loss; of several files, no heading", "off", &o.quiet},
      Option{"json", "", "Output", "one JSON object; of several files, an array", "off", &o.json}.only_flag(),
      help_option("Output", &o.questions.help),
      version_option("Output", &o.questions.version),
  });
  // clang-format on
}

Manual eval_manual() {
  static EvalOptions defaults;
  return {
      .name = "lenet_eval",
      .summary = "evaluate weights on MNIST",
      .usage = "lenet_eval WEIGHTS … [options]",
      .purpose =
          "Evaluates weights: a best.bin, the folder of a run, or with --model a file that\n"
          "PyTorch saved (safetensors). Several are compared in a table, one row per file.",
      .notes =
          "The result of a run's best.bin on the test images is kept in the run's folder,\n"
          "as evaluation.json, for lenet_runs. A read-only folder stays as it is.",
      .examples =
          "lenet_eval runs/cnn-1/best.bin --plot digits.png --errors\n"
          "lenet_eval runs/*",
      .options = eval_option_set(defaults),
      .takes_files = true,
  };
}

EvalOptions read_eval_options(int argc, const char* const* argv) {
  EvalOptions options;
  OptionSet set = eval_option_set(options);
  const auto line = read_options(set, options.questions, argc, argv);
  if (!line) return options;
  options.weights = line->positionals;
  if (options.weights.empty())
    throw UsageError("expected a weights file or run folder, or several: see --help");
  if (options.weights.size() > 1 && (options.plot || options.show))
    throw UsageError(fmt::format("--{} draws the digits of one weights file, got {}",
                                 options.plot ? "plot" : "show", options.weights.size()));
  if (!options.plot && !options.show)
    for (const char* name : {"errors", "count", "seed"})
      if (line->has(name))
        throw UsageError(fmt::format("--{} says what --plot or --show draw: give one", name));
  options.device.quiet = options.quiet;
  return options;
}

}  // namespace lenet::cli
