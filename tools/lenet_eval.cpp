// lenet_eval: evaluates weights on a set of images, and shows some of them with their predictions.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/class_names.hpp"
#include "engine/core/error.hpp"
#include "engine/core/text.hpp"
#include "engine/core/warning.hpp"
#include "engine/device/devices.hpp"
#include "engine/figures/digit_choice.hpp"
#include "engine/figures/digit_grid.hpp"
#include "engine/figures/figure.hpp"
#include "engine/tensorboard/test_result.hpp"
#include "tools/cli/console.hpp"
#include "tools/cli/eval_options.hpp"
#include "tools/cli/evaluation.hpp"
#include "tools/cli/evaluation_text.hpp"
#include "tools/cli/folding.hpp"
#include "tools/cli/half_blocks.hpp"
#include "tools/cli/name_columns.hpp"
#include "tools/cli/program.hpp"
#include "tools/cli/terminal.hpp"
#include "tools/cli/test_result.hpp"

namespace lenet::cli {
namespace {

/// Returns the digits for the figure of an evaluation. `logits`: those of all images, N×classes. Throws Error
/// if mistakes are requested and there are none.
std::vector<figures::Prediction> choose_digits(const DatasetView& data, std::span<const float> logits,
                                               const EvalOptions& options) {
  const std::vector<std::int64_t> indices =
      options.errors ? figures::worst_mistakes(data, logits, options.count)
                     : figures::random_digits(data, options.count, static_cast<std::uint64_t>(options.seed));
  if (indices.empty())
    throw Error(fmt::format("there is no mistake among the {} images: leave out --errors", data.count()));
  std::vector<figures::Prediction> digits;
  for (const std::int64_t index : indices)
    digits.push_back(figures::prediction_for(data, index, figures::logits_of(data, logits, index)));
  return digits;
}

/// Returns "mlp: 10 random test digits", or "images" if classes have names.
std::string title_of(const Evaluation& evaluation, bool errors, std::size_t shown) {
  const char* const plural = shown == 1 ? "" : "s";
  if (errors)
    return fmt::format("{}: the {} most confident mistake{} on the {} images", evaluation.model, shown,
                       plural, evaluation.split);
  return fmt::format("{}: {} random {} {}{}", evaluation.model, shown, evaluation.split,
                     evaluation.class_names.sample_noun(), plural);
}

/// What the digits in a terminal have in common.
struct Shown {
  Image image;
  const ClassNames& names;
  bool color = false;  ///< captions of mistakes are red
};

/// Returns the captions of a row of digits, as wide as their pictures.
std::string captions_text(std::span<const figures::Prediction> digits, const Shown& shown) {
  std::vector<std::string> lines;
  for (const figures::Prediction& digit : digits) {
    const std::vector<std::string> caption = figures::caption(digit, shown.names);
    lines.resize(caption.size());
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::string text = fitted(caption[i], static_cast<int>(shown.image.width));
      lines[i] += (shown.color && digit.is_wrong() ? fmt::format("\033[31m{}\033[0m", text) : text) + "  ";
    }
  }
  return fmt::format("{}\n", fmt::join(lines, "\n"));
}

/// Returns one row of digits in half blocks, under their names and captions.
std::string row_text(std::span<const figures::Prediction> digits, const Shown& shown) {
  const Image& image = shown.image;
  std::string text;
  std::vector<std::string> pictures;
  for (const figures::Prediction& digit : digits) text += fmt::format("{:<{}}", digit.name, image.width + 2);
  text += '\n';
  text += captions_text(digits, shown);
  for (const figures::Prediction& digit : digits) pictures.push_back(half_blocks(digit.pixels, image));
  std::vector<std::string> rows(lines_of(pictures.front()).size());
  for (const std::string& picture : pictures) {
    const std::vector<std::string_view> lines = lines_of(picture);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] += std::string(lines[i]) + "  ";
  }
  return text + fmt::format("{}\n", fmt::join(rows, "\n"));
}

/// Returns the digits in half blocks under their captions, as many per row as fit the terminal; captions of
/// mistakes are red on a terminal with colours.
std::string digits_text(std::span<const figures::Prediction> digits, const Image& image,
                        const ClassNames& names) {
  const ClassNames fitting = names_within(names, static_cast<int>(image.width) - columns("Predicted: "));
  const Shown shown{.image = image, .names = fitting, .color = console_options_here(false).color};
  const std::int64_t room = terminal_width() / (image.width + 2);
  const auto per_row = static_cast<std::size_t>(std::max<std::int64_t>(1, room));
  std::string text;
  for (std::size_t first = 0; first < digits.size(); first += per_row)
    text += row_text(digits.subspan(first, std::min(per_row, digits.size() - first)), shown);
  return text;
}

/// Draws some digits with their predictions into a file, into the returned text, or both, as requested. The
/// text also names the file, unless it is to be quiet.
std::string picture_digits(const EvalOptions& options, const EvaluatedModel& evaluated) {
  const std::vector<float> logits = evaluated.running.program->logits(evaluated.data.pixels);
  const std::vector<figures::Prediction> digits = choose_digits(evaluated.data, logits, options);
  const std::string title = title_of(evaluated.evaluation, options.errors, digits.size());
  const ClassNames& names = evaluated.evaluation.class_names;
  const auto folded_line = options.json ? for_errors : for_output;  // where the text is printed
  std::string text;
  if (options.show) text = folded_line(title + "\n", 2) + digits_text(digits, evaluated.data.image, names);
  if (options.plot) {
    figures::write_figure(
        *options.plot, figures::digit_grid_figure({.title = title, .digits = digits, .class_names = names}));
    if (!options.quiet) text += folded_line(printable(*options.plot) + ": " + title + "\n", 2);
  }
  return text;
}

/// Keeps the test result of a run's best weights for lenet_runs and TensorBoard.
void keep_result(const EvaluatedModel& evaluated) {
  if (!keep_test_result(evaluated)) return;
  const std::filesystem::path& file = evaluated.loaded.file;
  try {
    tensorboard::write_test_result(file.has_parent_path() ? file.parent_path() : ".",
                                   evaluated.loaded.checkpoint.info.step, evaluated.evaluation.metrics);
  } catch (const IoError& error) {
    warn(fmt::format("TensorBoard does not get the result: {}", error.what()));
  }
}

/// Prints accuracy and loss and, unless it is to be quiet, the confusion matrix and the scores of each class.
void print_evaluation(std::ostream& out, const Evaluation& evaluation, bool quiet) {
  out << for_output(evaluation_line(evaluation));
  if (quiet) return;
  const int width = output_columns();
  const ScoresText scores = scores_text(evaluation, width);
  out << '\n' << confusion_text(evaluation, width) << '\n' << scores.text << std::flush;
  tell_left_out(scores.left_out);
}

int evaluate_to(std::ostream& out, const EvalOptions& options) {
  const EvaluatedModel evaluated =
      evaluate_weights(options.weights.front(), options.images, options.device, options.model);
  keep_result(evaluated);
  if (options.json)
    out << evaluation_json(evaluated.evaluation, evaluated.loaded, evaluated.running.device);
  else
    print_evaluation(out, evaluated.evaluation, options.quiet);
  if (!options.plot && !options.show) return 0;
  // Keeps standard output for the JSON if it was requested.
  if (!options.json && !options.quiet) out << '\n';
  (options.json ? std::cerr : out) << picture_digits(options, evaluated);
  return 0;
}

/// The row or the JSON object of one of several files.
struct Compared {
  std::string text;
  bool is_error = false;  ///< the file could not be read
};

/// Warns of a file that cannot be read. Only JSON shows it again.
Compared failure(const std::string& weights, const std::string& why, bool json) {
  warn(why);
  if (!json) return {.text = "", .is_error = true};
  const nlohmann::ordered_json object = {{"file", weights}, {"error", why}};
  return {.text = object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n",
          .is_error = true};
}

Compared compare(const std::string& weights, const EvalOptions& options, const TextTable& table) {
  std::optional<LoadedModel> loaded;
  try {
    loaded = load_model(weights, options.model);
  } catch (const CheckpointError& error) {
    return failure(weights, error.what(), options.json);
  } catch (const IoError& error) {
    return failure(weights, error.what(), options.json);
  }
  const EvaluatedModel evaluated = evaluate_model(std::move(*loaded), options.images, options.device);
  keep_result(evaluated);
  return {.text = options.json
                      ? evaluation_json(evaluated.evaluation, evaluated.loaded, evaluated.running.device)
                      : table.row(comparison_row(evaluated.evaluation, weights))};
}

/// Prints a row per file as soon as it is evaluated, or a JSON array at the end. Goes on after a file that
/// cannot be read; the exit code is then 1. Ends when nobody reads the output any more.
int compare_to(std::ostream& out, const EvalOptions& options) {
  device::parse_device(options.device.device);  // reports errors of the command line first
  std::string objects;
  bool has_errors = false;
  const TextTable table = comparison_table(options.weights, output_columns());
  if (!options.json && !options.quiet) out << table.heading() << std::flush;
  for (const std::string& weights : options.weights) {
    const Compared compared = compare(weights, options, table);
    has_errors |= compared.is_error;
    if (options.json)
      objects += (objects.empty() ? "" : ",") + compared.text;
    else
      out << compared.text << std::flush;
    if (!out) break;
  }
  if (options.json)
    out << "[" << objects << "]\n";
  else if (!options.quiet)
    tell_left_out(table.left_out());
  return has_errors ? 1 : 0;
}

int eval_program(int argc, const char* const* argv) {
  const EvalOptions options = read_eval_options(argc, argv);
  if (answered(options.questions, eval_manual)) return 0;
  if (options.plot) {
    figures::require_figure_file(*options.plot);
    require_new_file(*options.plot, options.force);
  }
  return options.weights.size() > 1 ? compare_to(std::cout, options) : evaluate_to(std::cout, options);
}

}  // namespace
}  // namespace lenet::cli

int main(int argc, char** argv) {
  return lenet::cli::run_program("lenet_eval", lenet::cli::eval_program, lenet::cli::eval_manual, argc, argv);
}
