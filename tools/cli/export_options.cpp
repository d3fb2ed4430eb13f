#include "tools/cli/export_options.hpp"

#include <fmt/format.h>

#include "engine/core/error.hpp"
#include "tools/cli/common_options.hpp"
#include "tools/cli/weights.hpp"

namespace lenet::cli {

OptionSet export_option_set(ExportOptions& o) {
  // clang-format off
  return OptionSet({
      weights_model_option("Weights", &o.model),

      Option{"scale", "", "ONNX", "take pixels as uint8, not as floats of 0 to 1", "on", &o.scale}.only_flag(),
      Option{"softmax", "", "ONNX", "give probabilities, not logits", "off", &o.softmax}.only_flag(),

      force_option("Other", &o.force),
      help_option("Other", &o.questions.help),
      version_option("Other", &o.questions.version),
  });
  // clang-format on
}

Manual export_manual() {
  static ExportOptions defaults;
  return {
      .name = "lenet_export",
      .summary = "write trained networks as ONNX models",
      .usage = "lenet_export WEIGHTS [FILE.onnx] [options]",
      .purpose =
          "Writes weights (a best.bin, or the folder of a run) with their network as an\n"
          "ONNX model, by default next to them: runs/cnn-1/best.onnx.",
      .notes =
          "The model takes images as N×1×28×28, for any N, light digits on a dark ground\n"
          "as in MNIST, and gives N×10 logits.",
      .examples = "lenet_export runs/cnn-1/best.bin model.onnx --softmax",
      .options = export_option_set(defaults),
      .takes_files = true,
  };
}

ExportOptions read_export_options(int argc, const char* const* argv) {
  ExportOptions options;
  OptionSet set = export_option_set(options);
  const auto line = read_options(set, options.questions, argc, argv);
  if (!line) return options;
  if (line->positionals.empty() || line->positionals.size() > 2)
    throw UsageError(
        fmt::format("expected a weights file or run folder, and a file to write, got {} names: see --help",
                    line->positionals.size()));
  options.weights = line->positionals.front();
  if (line->positionals.size() == 1) return options;
  options.out = line->positionals.back();
  if (!options.out->ends_with(".onnx"))
    throw UsageError(fmt::format("{}: the file of an ONNX model must end in .onnx", *options.out));
  return options;
}

}  // namespace lenet::cli
