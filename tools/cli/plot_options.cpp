#include "tools/cli/plot_options.hpp"

#include <fmt/format.h>

#include "engine/core/error.hpp"
#include "tools/cli/weights.hpp"

namespace lenet::cli {

OptionSet plot_option_set(PlotOptions& o) {
  // clang-format off
  return OptionSet({
      Option{"out", "FILE", "Figure", ".png, .svg or .pdf", "curves.png or confusion.png", &o.out}.short_form('o').only_flag(),
      Option{"axis", "NAME", "Figure", "horizontal axis", "the runs'", &o.axis}.among(kAxisNames).only_flag(),
      force_option("Figure", &o.force),
      Option{"confusion", "", "Figure", "the confusion matrix", "off", &o.confusion}.only_flag(),

      weights_model_option("Confusion", &o.model),
      split_option("Confusion", &o.images.split),
      data_option("Confusion", &o.images.data),
      held_back_option("Confusion", &o.images.validation),
      device_option("Confusion", &o.device.device),
      threads_option("Confusion", &o.device.threads),

      help_option("Other", &o.questions.help),
      version_option("Other", &o.questions.version),
  });
  // clang-format on
}

Manual plot_manual() {
  static PlotOptions defaults;
  return {
      .name = "lenet_plot",
      .summary = "draw the curves of runs and confusion matrices",
      .usage = "lenet_plot RUN … [options]\nlenet_plot --confusion WEIGHTS [options]",
      .purpose =
          "Draws loss and accuracy of runs (folders or metrics.csv files) in one figure,\n"
          "or the confusion matrix of weights (a best.bin, or the folder of a run).\n"
          "Curves are over epochs, or over steps if a run is counted in steps.",
      .examples =
          "lenet_plot runs/cnn-1 runs/mlp-1 -o curves.png\n"
          "lenet_plot --confusion runs/cnn-1/best.bin -o confusion.svg",
      .options = plot_option_set(defaults),
      .takes_files = true,
  };
}

PlotOptions read_plot_options(int argc, const char* const* argv) {
  PlotOptions options;
  OptionSet set = plot_option_set(options);
  const auto line = read_options(set, options.questions, argc, argv);
  if (!line) return options;
  options.inputs = line->positionals;
  if (options.confusion && options.inputs.size() != 1)
    throw UsageError(fmt::format("--confusion expects one weights file or run folder, got {}: see --help",
                                 options.inputs.size()));
  if (options.inputs.empty()) throw UsageError("expected the folder of a run, or several: see --help");
  if (options.confusion && options.axis) throw UsageError("--axis is for curves, not for --confusion");
  if (!options.confusion)
    for (const char* name : {"model", "split", "data", "validation", "device", "threads"})
      if (line->has(name))
        throw UsageError(fmt::format("--{} is for --confusion: curves need no weights", name));
  return options;
}

}  // namespace lenet::cli
