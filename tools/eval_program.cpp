#include "tools/eval_program.hpp"

#include <iostream>
#include <memory>

#include "data/mnist.hpp"
#include "engine/devices.hpp"
#include "tools/console.hpp"
#include "tools/eval_options.hpp"
#include "tools/evaluation.hpp"
#include "tools/shown_digits.hpp"

namespace lenet {
namespace {

/// Some digits with what they were taken for, as a file, in the terminal or both. Returns what to tell of it.
std::string picture_digits(const EvalOptions& options, const Evaluation& evaluation,
                           const DatasetView& data) {
  const DigitChoice choice{
      .count = options.count, .seed = static_cast<std::uint64_t>(options.seed), .errors = options.errors};
  const std::vector<ReadDigit> digits = choose_digits(evaluation, data, choice);
  const std::string title = title_of(evaluation, choice, digits.size());
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
  const DeviceChoice device = parse_device(options.device);
  const LoadedModel loaded = load_model(options.weights);
  const Dataset dataset =
      load_mnist(options.data, options.validation.value_or(loaded.checkpoint.info.validation_count));
  const OpenedBackend opened = open_backend(device, static_cast<int>(options.threads));
  if (!opened.fallback_reason.empty()) std::cerr << opened.fallback_reason << '\n';

  const auto program = opened.backend->compile(loaded.model.graph, {});
  const DatasetView data = split_named(dataset, options.split);
  const Evaluation evaluation = evaluate_model(loaded, *program, data, options.split);
  out << (options.json ? evaluation_json(evaluation, loaded, opened.backend->info())
                       : evaluation_text(evaluation));
  if (!options.plot && !options.show) return 0;
  // Standard output is for the JSON alone where it was asked for.
  (options.json ? std::cerr : out << '\n') << picture_digits(options, evaluation, data);
  return 0;
}

}  // namespace

int eval_program(int argc, const char* const* argv) {
  const EvalOptions options = read_eval_options(argc, argv);
  if (options.help) {
    std::cout << eval_help();
    return 0;
  }
  if (options.version) {
    std::cout << "lenet " LENET_VERSION "\n";
    return 0;
  }
  return evaluate_to(std::cout, options);
}

}  // namespace lenet
