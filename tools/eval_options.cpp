#include "tools/eval_options.hpp"

#include <array>
#include <fmt/format.h>

#include "engine/core/error.hpp"

namespace lenet {
namespace {

constexpr std::array<std::string_view, 3> kSplits = {"train", "validation", "test"};

constexpr HelpText kHelp{
    .usage = "lenet_eval WEIGHTS [options]",
    .purpose = "Evaluates weights: a best.bin, or the folder of a run. The model is known from the file.",
    .examples = "Example: lenet_eval runs/cnn-1/best.bin --json",
};

}  // namespace

OptionSet eval_option_set(EvalOptions& o) {
  // clang-format off
  return OptionSet({
      Option{"split", "NAME", "Images", "train, validation or test", "test", &o.split}.among(kSplits),
      Option{"data", "DIR", "Images", "MNIST's four files", "found by itself", &o.data},
      Option{"validation", "N", "Images", "first N training images that were held back", "as in training", &o.validation}.within({.lowest = 1, .highest = 1e9}),

      Option{"device", "NAME", "Device", "auto, cpu, cuda, cuda:N or N", "auto", &o.device},
      Option{"threads", "N", "Device", "CPU threads; 0: one a core", "0", &o.threads}.within({.lowest = 0, .highest = 1024}),

      Option{"json", "", "Output", "one JSON object", "off", &o.json}.only_flag(),
      Option{"help", "", "Output", "this text", "", &o.help}.only_flag(),
      Option{"version", "", "Output", "the version", "", &o.version}.only_flag(),
  });
  // clang-format on
}

std::string eval_help() {
  EvalOptions defaults;
  return help_text(eval_option_set(defaults), kHelp);
}

EvalOptions read_eval_options(int argc, const char* const* argv) {
  EvalOptions options;
  OptionSet set = eval_option_set(options);
  const CommandLine line = parse_command_line(set, argc, argv);
  options.help = line.has("help");
  options.version = line.has("version");
  if (options.help || options.version) return options;
  apply_environment(set);
  apply_command_line(set, line);
  if (line.positionals.size() != 1)
    throw UsageError(
        fmt::format("expected one weights file or run folder, got {}: see --help", line.positionals.size()));
  options.weights = line.positionals.front();
  return options;
}

}  // namespace lenet
