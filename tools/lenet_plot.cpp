// lenet_plot: draws the curves of runs, or the confusion matrix of weights.
#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ostream.h>
#include <iostream>
#include <vector>

#include "engine/core/text.hpp"
#include "engine/figures/confusion_figure.hpp"
#include "engine/figures/curves_figure.hpp"
#include "engine/figures/figure.hpp"
#include "engine/train/evaluation.hpp"
#include "tools/cli/evaluation.hpp"
#include "tools/cli/plot_options.hpp"
#include "tools/cli/program.hpp"

namespace lenet::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMetricsFile = "metrics.csv";

/// "runs/cnn-1", "runs/cnn-1/" and "runs/cnn-1/metrics.csv" → "cnn-1"; "old/a.csv" → "a".
std::string name_of_run(const fs::path& input) {
  std::error_code ignored;  // without a working directory the name stays as it is
  fs::path path = fs::absolute(input, ignored).lexically_normal();
  if (path.filename().empty() || path.filename() == kMetricsFile) path = path.parent_path();
  return path.extension() == ".csv" ? path.stem().string() : path.filename().string();
}

figures::RunCurves read_run(const std::string& input) {
  const fs::path path(input);
  std::error_code ignored;  // reading the file says what is wrong
  return {.name = name_of_run(path),
          .rows = io::read_metrics(fs::is_directory(path, ignored) ? path / kMetricsFile : path)};
}

/// Returns the runs' names. Runs of equal names in different folders get the paths that the user gave.
std::vector<figures::RunCurves> read_runs(const std::vector<std::string>& inputs) {
  std::vector<figures::RunCurves> runs;
  for (const std::string& input : inputs) runs.push_back(read_run(input));
  std::vector<std::string> names;
  for (const figures::RunCurves& run : runs) names.push_back(run.name);
  for (std::size_t i = 0; i < runs.size(); ++i)
    if (std::ranges::count(names, names[i]) > 1) runs[i].name = inputs[i];
  return runs;
}

void plot_curves(const PlotOptions& options) {
  const std::vector<figures::RunCurves> runs = read_runs(options.inputs);
  figures::write_figure(options.file(), figures::curves_figure(runs));
  fmt::print(std::cout, "{}: loss and accuracy of {}", options.file(), runs.front().name);
  if (runs.size() > 1) fmt::print(std::cout, " and {} more", runs.size() - 1);
  fmt::print(std::cout, "\n");
}

void plot_confusion(const PlotOptions& options) {
  const Evaluation evaluation =
      evaluate_weights(options.inputs.front(), options.images, options.device).evaluation;
  const figures::ConfusionMatrix matrix{
      .title = fmt::format("{} on {} {} images: {:.2f} % correct", evaluation.model,
                           with_thousands(evaluation.metrics.count), evaluation.split,
                           100 * evaluation.metrics.accuracy()),
      .counts = train::confusion_rows(evaluation.metrics)};
  figures::write_figure(options.file(), figures::confusion_figure(matrix));
  fmt::print(std::cout, "{}: {}\n", options.file(), matrix.title);
}

int plot_program(int argc, const char* const* argv) {
  const PlotOptions options = read_plot_options(argc, argv);
  if (answered(options.questions, plot_manual)) return 0;
  figures::require_figure_file(options.file());
  if (options.confusion)
    plot_confusion(options);
  else
    plot_curves(options);
  return 0;
}

}  // namespace
}  // namespace lenet::cli

int main(int argc, char** argv) {
  return lenet::cli::run_program("lenet_plot", lenet::cli::plot_program, lenet::cli::plot_manual, argc, argv);
}
