#include "tools/plot_options.hpp"

#include <array>
#include <fmt/format.h>

#include "engine/core/error.hpp"
#include "engine/io/canvas.hpp"

namespace lenet {
namespace {

constexpr std::array<std::string_view, 3> kSplits = {"train", "validation", "test"};

constexpr HelpText kHelp{
    .usage = "lenet_plot RUN … [options], or lenet_plot --confusion WEIGHTS [options]",
    .purpose =
        "Draws the loss and accuracy of runs (folders, or metrics.csv files) into one figure,\n"
        "or the confusion matrix of weights (a best.bin, or the folder of a run).",
    .examples =
        "Example: lenet_plot runs/cnn-1 runs/mlp-1 -o curves.png\n"
        "         lenet_plot --confusion runs/cnn-1/best.bin -o confusion.svg",
};

}  // namespace

OptionSet plot_option_set(PlotOptions& o) {
  // clang-format off
  return OptionSet({
      Option{"out", "FILE", "Figure", "ends in .png, .svg or .pdf", "curves.png or confusion.png", &o.out}.short_form('o').only_flag(),
      Option{"confusion", "", "Figure", "the confusion matrix", "off", &o.confusion}.only_flag(),

      Option{"split", "NAME", "Confusion", "train, validation or test", "test", &o.split}.among(kSplits).only_flag(),
      Option{"data", "DIR", "Confusion", "MNIST's four files", "found by itself", &o.data},
      Option{"validation", "N", "Confusion", "first N training images that were held back", "as in training", &o.validation}.within({.lowest = 1, .highest = 1e9}),
      Option{"device", "NAME", "Confusion", "auto, cpu, cuda, cuda:N or N", "auto", &o.device},
      Option{"threads", "N", "Confusion", "CPU threads; 0: one a core", "0", &o.threads}.within({.lowest = 0, .highest = 1024}),

      Option{"help", "", "Other", "this text", "", &o.help}.only_flag(),
      Option{"version", "", "Other", "the version", "", &o.version}.only_flag(),
  });
  // clang-format on
}

std::string plot_help() {
  PlotOptions defaults;
  return help_text(plot_option_set(defaults), kHelp);
}

PlotOptions read_plot_options(int argc, const char* const* argv) {
  PlotOptions options;
  OptionSet set = plot_option_set(options);
  const CommandLine line = parse_command_line(set, argc, argv);
  options.help = line.has("help");
  options.version = line.has("version");
  if (options.help || options.version) return options;
  apply_environment(set);
  apply_command_line(set, line);
  options.inputs = line.positionals;
  if (options.confusion && options.inputs.size() != 1)
    throw UsageError(fmt::format("--confusion expects one weights file or run folder, got {}: see --help",
                                 options.inputs.size()));
  if (options.inputs.empty()) throw UsageError("expected the folder of a run, or several: see --help");
  if (!options.confusion)
    for (const char* name : {"split", "data", "validation", "device", "threads"})
      if (line.has(name)) throw UsageError(fmt::format("--{} is for --confusion: curves need no data", name));
  require_figure_name(options.file());
  return options;
}

}  // namespace lenet
