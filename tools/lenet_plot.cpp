// lenet_plot: draws the curves of runs, or the confusion matrix of weights.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fmt/format.h>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/core/text.hpp"
#include "engine/figures/confusion_figure.hpp"
#include "engine/figures/curves_figure.hpp"
#include "engine/figures/figure.hpp"
#include "engine/train/evaluation.hpp"
#include "tools/cli/evaluation.hpp"
#include "tools/cli/plot_options.hpp"
#include "tools/cli/program.hpp"
#include "tools/cli/terminal.hpp"

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

/// Reads the runs. Those of equal names in different folders get the paths that the user gave. Names are fit
/// to be printed and drawn.
std::vector<figures::RunCurves> read_runs(const std::vector<std::string>& inputs) {
  std::vector<figures::RunCurves> runs;
  for (const std::string& input : inputs) runs.push_back(read_run(input));
  std::vector<std::string> names;
  for (const figures::RunCurves& run : runs) names.push_back(run.name);
  for (std::size_t i = 0; i < runs.size(); ++i)
    runs[i].name = printable(std::ranges::count(names, names[i]) > 1 ? inputs[i] : names[i]);
  return runs;
}

/// Returns the axis that was asked for. Throws DataError if a run of an earlier version lacks its numbers.
std::optional<figures::Across> axis_of(const PlotOptions& options,
                                       const std::vector<figures::RunCurves>& runs) {
  if (!options.axis) return std::nullopt;
  const auto axis =
      static_cast<figures::Across>(std::ranges::find(kAxisNames, *options.axis) - kAxisNames.begin());
  for (const figures::RunCurves& run : runs)
    for (const io::MetricsRow& row : run.rows)
      if ((axis == figures::Across::time && !row.has_time()) ||
          (axis == figures::Across::epochs && std::isnan(row.epoch)))
        throw DataError(
            fmt::format("{}: was written by an earlier version, without {}: choose another --axis", run.name,
                        axis == figures::Across::time ? "times" : "parts of epochs"));
  return axis;
}

/// Returns "a", "a and b", or "a, b and 3 more".
std::string names_text(const std::vector<figures::RunCurves>& runs) {
  constexpr std::size_t kNamed = 4;  // all, if it is no more than these
  const std::size_t named = runs.size() <= kNamed ? runs.size() : kNamed - 1;
  std::string text;
  for (std::size_t i = 0; i < named; ++i)
    text += (i == 0 ? "" : i + 1 == runs.size() ? " and " : ", ") + runs[i].name;
  return named == runs.size() ? text : fmt::format("{} and {} more", text, runs.size() - named);
}

void plot_curves(const PlotOptions& options) {
  const std::vector<figures::RunCurves> runs = read_runs(options.inputs);
  figures::write_figure(options.file(), figures::curves_figure(runs, axis_of(options, runs)));
  std::cout << for_output(
      fmt::format("{}: loss and accuracy of {}\n", printable(options.file()), names_text(runs)));
}

void plot_confusion(const PlotOptions& options) {
  const Evaluation evaluation =
      evaluate_weights(options.inputs.front(), options.images, options.device, options.model).evaluation;
  const figures::ConfusionMatrix matrix{
      .title = fmt::format("{} on {} {} images: {:.2f} % correct", evaluation.model,
                           with_thousands(evaluation.metrics.count), evaluation.split,
                           100 * evaluation.metrics.accuracy()),
      .counts = train::confusion_rows(evaluation.metrics),
      .class_names = evaluation.class_names};
  figures::write_figure(options.file(), figures::confusion_figure(matrix));
  std::cout << for_output(fmt::format("{}: {}\n", printable(options.file()), matrix.title));
}

int plot_program(int argc, const char* const* argv) {
  const PlotOptions options = read_plot_options(argc, argv);
  if (answered(options.questions, plot_manual)) return 0;
  figures::require_figure_file(options.file());
  require_new_file(options.file(), options.force);
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
