// lenet_eval: evaluates weights on a set of images, and shows some of them with their predictions.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fmt/format.h>
#include <iostream>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/core/random.hpp"
#include "engine/figures/digit_grid.hpp"
#include "engine/figures/figure.hpp"
#include "tools/cli/console.hpp"
#include "tools/cli/eval_options.hpp"
#include "tools/cli/evaluation.hpp"
#include "tools/cli/half_blocks.hpp"
#include "tools/cli/program.hpp"

namespace lenet::cli {
namespace {

/// Selects the digits for the figure of an evaluation.
struct DigitChoice {
  std::int64_t count = 10;
  std::uint64_t seed = 1;
  bool errors = false;  ///< mistakes, the most confident first; otherwise random digits
};

figures::Prediction digit_at(const DatasetView& data, std::span<const float> logits, std::int64_t index) {
  const auto classes = static_cast<std::size_t>(data.classes);
  return figures::prediction_for(data, index,
                                 logits.subspan(static_cast<std::size_t>(index) * classes, classes));
}

std::vector<figures::Prediction> random_digits(const DatasetView& data, std::span<const float> logits,
                                               const DigitChoice& choice) {
  std::vector<figures::Prediction> digits;
  for (const std::uint32_t index : shuffled_indices(data.count(), choice.seed, 0)) {
    if (std::ssize(digits) == choice.count) break;
    digits.push_back(digit_at(data, logits, index));
  }
  return digits;
}

std::vector<figures::Prediction> mistakes(const DatasetView& data, std::span<const float> logits,
                                          const DigitChoice& choice) {
  std::vector<figures::Prediction> digits;
  for (std::int64_t index = 0; index < data.count(); ++index) {
    figures::Prediction digit = digit_at(data, logits, index);
    if (!digit.is_right()) digits.push_back(std::move(digit));
  }
  if (digits.empty())
    throw Error(fmt::format("there is no mistake among the {} images: leave out --errors", data.count()));
  std::ranges::stable_sort(digits, std::ranges::greater{}, [](const figures::Prediction& digit) {
    return digit.classes.front().probability;
  });
  digits.resize(std::min(digits.size(), static_cast<std::size_t>(choice.count)));
  return digits;
}

/// Returns distinct indices, at most `count`. `logits`: those of all images, N×classes. Throws Error if
/// mistakes are requested and there are none.
std::vector<figures::Prediction> choose_digits(const DatasetView& data, std::span<const float> logits,
                                               const DigitChoice& choice) {
  return choice.errors ? mistakes(data, logits, choice) : random_digits(data, logits, choice);
}

/// Returns "mlp: 10 random test digits".
std::string title_of(const Evaluation& evaluation, const DigitChoice& choice, std::size_t shown) {
  const char* const plural = shown == 1 ? "" : "s";
  if (choice.errors)
    return fmt::format("{}: the {} most confident mistake{} on the {} images", evaluation.model, shown,
                       plural, evaluation.split);
  return fmt::format("{}: {} random {} digit{}", evaluation.model, shown, evaluation.split, plural);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string colored_caption(const figures::Prediction& digit, const Image& image, bool color) {
  const std::string text = fmt::format("{:<{}}", figures::caption(digit), image.width);
  return color && !digit.is_right() ? fmt::format("\033[31m{}\033[0m", text) : text;
}

/// Returns one row of digits in half blocks, under their captions.
std::string row_text(std::span<const figures::Prediction> digits, const Image& image, bool color) {
  std::string text;
  std::vector<std::vector<std::string>> pictures;
  for (const figures::Prediction& digit : digits) {
    text += colored_caption(digit, image, color) + "  ";
    pictures.push_back(lines_of(half_blocks(digit.pixels, image)));
  }
  text += '\n';
  for (std::size_t line = 0; line < pictures.front().size(); ++line) {
    for (const auto& picture : pictures) text += picture[line] + "  ";
    text += '\n';
  }
  return text;
}

/// Returns the digits in half blocks under their captions, as many per row as fit the terminal; captions of
/// mistakes are red on a terminal with colours.
std::string digits_text(std::span<const figures::Prediction> digits, const Image& image) {
  const bool color = console_options_here(false).color;
  const std::int64_t fitting = (terminal_width() + 2) / (image.width + 2);
  const auto columns = static_cast<std::size_t>(std::max<std::int64_t>(1, fitting));
  std::string text;
  for (std::size_t first = 0; first < digits.size(); first += columns)
    text += row_text(digits.subspan(first, std::min(columns, digits.size() - first)), image, color);
  return text;
}

/// Draws some digits with their predictions into a file, into the returned text, or both, as requested. The
/// text also names the file.
std::string picture_digits(const EvalOptions& options, const EvaluatedModel& evaluated) {
  const DigitChoice choice{
      .count = options.count, .seed = static_cast<std::uint64_t>(options.seed), .errors = options.errors};
  const std::vector<float> logits = evaluated.running.program->logits(evaluated.data.pixels);
  const std::vector<figures::Prediction> digits = choose_digits(evaluated.data, logits, choice);
  const std::string title = title_of(evaluated.evaluation, choice, digits.size());
  std::string text;
  if (options.show) text = title + "\n" + digits_text(digits, evaluated.data.image);
  if (options.plot) {
    figures::write_figure(*options.plot, figures::digit_grid_figure({.title = title, .digits = digits}));
    text += *options.plot + ": " + title + "\n";
  }
  return text;
}

int evaluate_to(std::ostream& out, const EvalOptions& options) {
  const EvaluatedModel evaluated = evaluate_weights(options.weights, options.images, options.device);
  if (options.json)
    out << evaluation_json(evaluated.evaluation, evaluated.loaded, evaluated.running.device);
  else
    out << (options.quiet ? evaluation_line(evaluated.evaluation) : evaluation_text(evaluated.evaluation));
  if (!options.plot && !options.show) return 0;
  // Keeps standard output for the JSON if it was requested.
  if (!options.json && !options.quiet) out << '\n';
  (options.json ? std::cerr : out) << picture_digits(options, evaluated);
  return 0;
}

int eval_program(int argc, const char* const* argv) {
  const EvalOptions options = read_eval_options(argc, argv);
  if (answered(options.questions, eval_manual)) return 0;
  if (options.plot) figures::require_figure_file(*options.plot);
  return evaluate_to(std::cout, options);
}

}  // namespace
}  // namespace lenet::cli

int main(int argc, char** argv) {
  return lenet::cli::run_program("lenet_eval", lenet::cli::eval_program, lenet::cli::eval_manual, argc, argv);
}
