#include "engine/train/metrics_csv.hpp"

#include <fmt/format.h>
#include <string>
#include <string_view>

#include "engine/core/error.hpp"
#include "engine/core/number.hpp"
#include "engine/io/metrics_table.hpp"

namespace lenet::train {
namespace {

// Returns the step in a row's second column, or -1 if there is none.
std::int64_t step_of(std::string_view row) {
  const std::string_view cells = row.substr(row.find(',') + 1);
  return parse_number<std::int64_t>(cells.substr(0, cells.find(','))).value_or(-1);
}

// Returns the rows up to `last_step` that an earlier process wrote, without a torn last row.
std::string rows_until(const std::filesystem::path& path, std::int64_t last_step) {
  std::ifstream old(path, std::ios::binary);
  std::string kept;
  std::getline(old, kept);  // the header
  kept.clear();
  for (std::string row; std::getline(old, row) && !old.eof();) {
    const std::int64_t step = step_of(row);
    if (step >= 0 && step <= last_step) kept += row + '\n';
  }
  return kept;
}

void require_good(const std::ofstream& file, const std::filesystem::path& path) {
  if (!file) throw IoError(fmt::format("{}: cannot be written: is the disk full?", path.string()));
}

}  // namespace

void MetricsCsv::on_begin(const RunInfo& run, Program&) {
  const std::string kept = run.first_step > 0 ? rows_until(path_, run.first_step) : "";
  file_.open(path_, std::ios::binary | std::ios::trunc);
  file_ << io::kMetricsHeader << '\n' << kept << std::flush;
  require_good(file_, path_);
}

void MetricsCsv::on_evaluation(const Evaluation& evaluation, Program&) {
  file_ << fmt::format("{},{},{},{},{},{},{}\n", evaluation.epoch, evaluation.step,
                       evaluation.training.loss(), evaluation.training.accuracy(),
                       evaluation.validation.loss(), evaluation.validation.accuracy(),
                       evaluation.learning_rate)
        << std::flush;
  require_good(file_, path_);
}

}  // namespace lenet::train
