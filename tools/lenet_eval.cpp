#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fmt/format.h>
#include <iostream>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "engine/core/error.hpp"
#include "engine/core/random.hpp"
#include "engine/figures/digit_grid.hpp"
#include "tools/cli/console.hpp"
#include "tools/cli/eval_options.hpp"
#include "tools/cli/evaluation.hpp"
#include "tools/cli/half_blocks.hpp"
#include "tools/cli/program.hpp"

namespace lenet::cli {
namespace {

struct DigitChoice {
  std::int64_t count = 10;
  std::uint64_t seed = 1;
  bool errors = false;  ///< the most confident mistakes, most confident first; else random digits
};

figures::ReadDigit digit_at(const DatasetView& data, std::span<const float> logits, std::size_t image) {
  return figures::read_digit(data.pixels.subspan(image * data::kImagePixels, data::kImagePixels),
                             data.labels[image], logits.subspan(image * data::kClasses, data::kClasses));
}

std::vector<figures::ReadDigit> random_digits(const DatasetView& data, std::span<const float> logits,
                                              const DigitChoice& choice) {
  std::vector<figures::ReadDigit> digits;
  for (const std::uint32_t image : shuffled_indices(data.count(), choice.seed, 0)) {
    if (std::ssize(digits) == choice.count) break;
    digits.push_back(digit_at(data, logits, image));
  }
  return digits;
}

std::vector<figures::ReadDigit> mistakes(const DatasetView& data, std::span<const float> logits,
                                         const DigitChoice& choice) {
  std::vector<figures::ReadDigit> digits;
  for (std::size_t image = 0; image < data.labels.size(); ++image) {
    figures::ReadDigit digit = digit_at(data, logits, image);
    if (!digit.is_right()) digits.push_back(std::move(digit));
  }
  if (digits.empty())
    throw Error(fmt::format("there is no mistake among the {} images: leave out --errors", data.count()));
  std::ranges::stable_sort(digits, std::ranges::greater{},
                           [](const figures::ReadDigit& digit) { return digit.guesses.front().probability; });
  digits.resize(std::min(digits.size(), static_cast<std::size_t>(choice.count)));
  return digits;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string colored_caption(const figures::ReadDigit& digit, bool color) {
  const std::string text = fmt::format("{:<28}", figures::caption(digit));
  return color && !digit.is_right() ? fmt::format("\033[31m{}\033[0m", text) : text;
}

/// Digits beside each other, their captions above.
std::string row_text(std::span<const figures::ReadDigit> digits, bool color) {
  std::string text;
  std::vector<std::vector<std::string>> pictures;
  for (const figures::ReadDigit& digit : digits) {
    text += colored_caption(digit, color) + "  ";
    pictures.push_back(lines_of(half_blocks(digit.pixels)));
  }
  text += '\n';
  for (std::size_t line = 0; line < pictures.front().size(); ++line) {
    for (const auto& picture : pictures) text += picture[line] + "  ";
    text += '\n';
  }
  return text;
}

std::vector<figures::ReadDigit> choose_digits(const DatasetView& data, std::span<const float> logits,
                                              const DigitChoice& choice) {
  return choice.errors ? mistakes(data, logits, choice) : random_digits(data, logits, choice);
}

std::string title_of(const Evaluation& evaluation, const DigitChoice& choice, std::size_t shown) {
  const char* const plural = shown == 1 ? "" : "s";
  if (choice.errors)
    return fmt::format("{}: the {} most confident mistake{} on the {} images", evaluation.model, shown,
                       plural, evaluation.split);
  return fmt::format("{}: {} random {} digit{}", evaluation.model, shown, evaluation.split, plural);
}

std::string digits_text(std::span<const figures::ReadDigit> digits, int width, bool color) {
  constexpr std::size_t kDigitWidth = static_cast<std::size_t>(data::kImageColumns) + 2;
  const std::size_t beside = std::max<std::size_t>(1, (static_cast<std::size_t>(width) + 2) / kDigitWidth);
  std::string text;
  for (std::size_t first = 0; first < digits.size(); first += beside)
    text += row_text(digits.subspan(first, std::min(beside, digits.size() - first)), color);
  return text;
}

/// Some digits with what they were taken for, as a file, in the terminal or both. Returns what to tell of it.
std::string picture_digits(const EvalOptions& options, const EvaluatedModel& evaluated) {
  const DigitChoice choice{
      .count = options.count, .seed = static_cast<std::uint64_t>(options.seed), .errors = options.errors};
  const std::vector<float> logits = evaluated.running.program->logits(evaluated.data.pixels);
  const std::vector<figures::ReadDigit> digits = choose_digits(evaluated.data, logits, choice);
  const std::string title = title_of(evaluated.evaluation, choice, digits.size());
  std::string told;
  if (options.show)
    told = title + "\n" + digits_text(digits, terminal_width(), console_options_here(false).color);
  if (options.plot) {
    figures::write_figure(*options.plot, figures::digit_grid_figure({.title = title, .digits = digits}));
    told += *options.plot + ": " + title + "\n";
  }
  return told;
}

int evaluate_to(std::ostream& out, const EvalOptions& options) {
  const EvaluatedModel evaluated = evaluate_weights(options.weights, options.images, options.device);
  if (options.json)
    out << evaluation_json(evaluated.evaluation, evaluated.loaded, evaluated.running.device);
  else
    out << (options.quiet ? evaluation_line(evaluated.evaluation) : evaluation_text(evaluated.evaluation));
  if (!options.plot && !options.show) return 0;
  // Standard output is for the JSON alone where it was asked for.
  if (!options.json && !options.quiet) out << '\n';
  (options.json ? std::cerr : out) << picture_digits(options, evaluated);
  return 0;
}

int eval_program(int argc, const char* const* argv) {
  const EvalOptions options = read_eval_options(argc, argv);
  if (answered(options.questions, eval_help)) return 0;
  if (options.plot) figures::require_figure_file(*options.plot);
  return evaluate_to(std::cout, options);
}

}  // namespace
}  // namespace lenet::cli

int main(int argc, char** argv) {
  return lenet::cli::run_program("lenet_eval", lenet::cli::eval_program, argc, argv);
}
