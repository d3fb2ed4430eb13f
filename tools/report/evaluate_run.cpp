#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

#include "engine/core/error.hpp"
#include "engine/figures/digit_choice.hpp"
#include "tools/cli/test_result.hpp"
#include "tools/report/report.hpp"

namespace lenet::report {
namespace {

std::vector<ShownDigit> shown_digits(const DatasetView& data, std::span<const float> logits,
                                     const std::vector<std::int64_t>& indices) {
  std::vector<ShownDigit> digits;
  for (const std::int64_t index : indices)
    digits.push_back({index, figures::prediction_for(data, index, figures::logits_of(data, logits, index))});
  return digits;
}

}  // namespace

RunFiles read_run(const std::filesystem::path& folder) {
  cli::RunSummary summary = cli::summarize_run(folder);
  if (!summary.faults.empty()) throw Error(summary.faults.front());
  cli::LoadedModel weights = cli::load_model(folder);
  std::vector<io::MetricsRow> rows = io::read_metrics(folder / "metrics.csv");
  return {.summary = std::move(summary),
          .rows = std::move(rows),
          .machines = cli::read_machines(folder),
          .weights = std::move(weights)};
}

ReportedRun evaluate_run(RunFiles run, const cli::ImageOptions& images, const cli::DeviceOptions& device,
                         const DigitSelection& digits) {
  const cli::EvaluatedModel evaluated = cli::evaluate_model(std::move(run.weights), images, device);
  cli::keep_test_result(evaluated);

  const auto begin = std::chrono::steady_clock::now();
  const std::vector<float> logits = evaluated.running.program->logits(evaluated.data.pixels);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;

  const DatasetView& data = evaluated.data;
  return {
      .name = run.summary.folder.string(),
      .summary = std::move(run.summary),
      .rows = std::move(run.rows),
      .machines = std::move(run.machines),
      .graph = evaluated.loaded.model.graph,
      .test = evaluated.evaluation,
      .is_mnist = cli::is_mnist_test(evaluated.dataset.test),
      .random_digits = shown_digits(data, logits, figures::random_digits(data, digits.count, digits.seed)),
      .mistakes = shown_digits(data, logits, figures::worst_mistakes(data, logits, digits.count)),
      .device = evaluated.running.device,
      .images_per_second = static_cast<double>(data.count()) / std::max(taken.count(), 1e-9),
      .digest = evaluated.loaded.checkpoint.info.digest,
      .data = evaluated.dataset.folder};
}

}  // namespace lenet::report
