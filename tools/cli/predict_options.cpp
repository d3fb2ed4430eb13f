#include "tools/cli/predict_options.hpp"

#include <fmt/format.h>

#include "engine/core/error.hpp"
#include "engine/core/number.hpp"
#include "engine/core/text.hpp"
#include "tools/cli/weights.hpp"

namespace lenet::cli {
namespace {

// Limits --index to what a person can read; an IDX file without --index has no such limit.
constexpr std::int64_t kMaxIndices = 100'000;

[[noreturn]] void refuse_indices(std::string_view text) {
  throw UsageError(fmt::format("--index: '{}' is not a list like 7,42 or 0-9", shortened(text)));
}

std::int64_t parse_index(std::string_view text, std::string_view all) {
  const auto number = parse_number<std::int64_t>(text);
  if (!number || *number < 0) refuse_indices(all);
  return *number;
}

}  // namespace

OptionSet predict_option_set(PredictOptions& o) {
  // clang-format off
  return OptionSet({
      weights_model_option("Weights", &o.model),

      Option{"index", "LIST", "Digits", "test digits, or those of IDX files: 7,42 or 0-9", "none", &o.index}.only_flag(),
      data_option("Digits", &o.data, "MNIST's four files, for test digits"),

      Option{"show", "", "Output", "draw each digit as the network sees it", "off", &o.show}.only_flag(),
      Option{"all", "", "Output", "all ten probabilities, not three", "off", &o.all}.only_flag(),
      Option{"plot", "FILE", "Output", "digits and predictions: .png, .svg or .pdf", "none", &o.plot}.only_flag(),
      force_option("Output", &o.force),
      Option{"csv", "", "Output", "a table with all ten probabilities of each", "off", &o.csv}.only_flag(),
      Option{"json", "", "Output", "a JSON array with all ten probabilities of each", "off", &o.json}.only_flag(),

      device_option("Device", &o.device.device),
      threads_option("Device", &o.device.threads),

      help_option("Other", &o.questions.help),
      version_option("Other", &o.questions.version),
  });
  // clang-format on
}

Manual predict_manual() {
  static PredictOptions defaults;
  return {
      .name = "lenet_predict",
      .summary = "predict handwritten digits",
      .usage = "lenet_predict WEIGHTS FILE … [options]\nlenet_predict WEIGHTS --index LIST [options]",
      .purpose =
          "Predicts digits, with a probability per class. A FILE is a picture of digits\n"
          "(PNG, JPEG, WebP, BMP or PGM of any size, dark on light or light on dark), a\n"
          "folder of pictures, an IDX file, or - for a picture on standard input.",
      .examples =
          "lenet_predict runs/cnn-1/best.bin my-seven.jpg --show\n"
          "lenet_predict runs/cnn-1/best.bin --index 7,42,100-109 --json",
      .options = predict_option_set(defaults),
      .takes_files = true,
  };
}

std::vector<std::int64_t> parse_indices(std::string_view text) {
  std::vector<std::int64_t> indices;
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    const std::string_view part = rest.substr(0, comma);
    const std::size_t dash = part.find('-');
    const std::int64_t first = parse_index(part.substr(0, dash), text);
    const std::int64_t last =
        dash == std::string_view::npos ? first : parse_index(part.substr(dash + 1), text);
    if (last < first) refuse_indices(text);
    if (last - first >= kMaxIndices - std::ssize(indices))
      throw UsageError(fmt::format("--index: more than {} digits", kMaxIndices));
    for (std::int64_t index = first; index <= last; ++index) indices.push_back(index);
    if (comma == std::string_view::npos) return indices;
    rest.remove_prefix(comma + 1);
  }
}

PredictOptions read_predict_options(int argc, const char* const* argv) {
  PredictOptions options;
  OptionSet set = predict_option_set(options);
  const auto line = read_options(set, options.questions, argc, argv);
  if (!line) return options;
  if (line->positionals.empty()) throw UsageError("expected a weights file or run folder: see --help");
  options.weights = line->positionals.front();
  options.files.assign(line->positionals.begin() + 1, line->positionals.end());
  if (options.index) options.indices = parse_indices(*options.index);
  if (options.files.empty() && !options.index)
    throw UsageError("expected pictures, IDX files or --index: see --help");
  if (options.csv && (options.show || options.json || options.all))
    throw UsageError("--csv is a table by itself: leave out --json, --show and --all");
  if (options.all && options.json) throw UsageError("--json has all probabilities: leave out --all");
  if (options.show && options.json) throw UsageError("--show cannot be combined with --json: choose one");
  return options;
}

}  // namespace lenet::cli
