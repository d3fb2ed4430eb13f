#include "tools/eval_program.hpp"

#include <iostream>
#include <vector>

#include "tools/console.hpp"
#include "tools/eval_options.hpp"
#include "tools/evaluation.hpp"
#include "tools/shown_digits.hpp"

namespace lenet {
namespace {

/// Some digits with what they were taken for, as a file, in the terminal or both. Returns what to tell of it.
std::string picture_digits(const EvalOptions& options, const EvaluatedModel& evaluated) {
  const DigitChoice choice{
      .count = options.count, .seed = static_cast<std::uint64_t>(options.seed), .errors = options.errors};
  const std::vector<float> logits = evaluated.running.program->logits(evaluated.data.pixels);
  const std::vector<ReadDigit> digits = choose_digits(evaluated.data, logits, choice);
  const std::string title = title_of(evaluated.evaluation, choice, digits.size());
  std::string told;
  if (options.show)
    told = title + "\n" + digits_text(digits, terminal_width(), console_options_here(false).color);
  if (options.plot) {
    write_figure(*options.plot, digit_grid_figure({.title = title, .digits = digits}));
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

}  // namespace

int eval_program(int argc, const char* const* argv) {
  const EvalOptions options = read_eval_options(argc, argv);
  if (answered(options.questions, eval_help)) return 0;
  return evaluate_to(std::cout, options);
}

}  // namespace lenet
