#include "engine/train/metrics_csv.hpp"

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>
#include <string>
#include <string_view>

#include "engine/core/error.hpp"
#include "engine/core/file.hpp"
#include "engine/core/warning.hpp"
#include "engine/io/metrics_table.hpp"

namespace lenet::train {
namespace {

const std::string kHeaderLine = std::string(io::kMetricsHeader) + '\n';

/// Returns whether a file may be one whose first bytes did not reach the disk: after a power failure, a file
/// that was not flushed can be empty, cut or full of zeros.
bool is_unfinished(std::string_view content) {
  return std::string_view(kHeaderLine).starts_with(content) ||
         std::ranges::all_of(content, [](char byte) { return byte == '\0'; });
}

/// Returns the rows up to `last_step` that an earlier process wrote. Skips what is torn or damaged.
std::string rows_until(std::string_view content, std::int64_t last_step) {
  std::string kept;
  std::int64_t step = 0;
  for (std::size_t end = 0; (end = content.find('\n')) != content.npos; content.remove_prefix(end + 1)) {
    const auto row = io::parse_metrics_row(content.substr(0, end));
    if (!row || row->step <= step || row->step > last_step) continue;
    kept += content.substr(0, end + 1);
    step = row->step;
  }
  return kept;
}

std::string content_of(const std::filesystem::path& path) {
  std::error_code ignored;  // reading the file says what is wrong
  return std::filesystem::exists(std::filesystem::symlink_status(path, ignored)) ? read_file(path) : "";
}

/// Returns the rows that a resumed run keeps. Throws DataError if the file is no metrics.csv.
std::string rows_before(const RunInfo& run, std::string_view content, const std::filesystem::path& path) {
  std::string rows;
  if (content.starts_with(kHeaderLine))
    rows = rows_until(content.substr(kHeaderLine.size()),
                      run.first_step - (run.first_evaluation_pending ? 1 : 0));
  else if (!is_unfinished(content))
    throw DataError(fmt::format(
        "{}: is no metrics.csv, expected '{}' in its first line: move it away to go on without it",
        path.string(), io::kMetricsHeader));
  const std::int64_t count = std::ranges::count(rows, '\n');
  if (count < run.first_evaluations)
    warn(fmt::format("{}: has {} of the {} rows up to step {}; the others are lost", path.string(), count,
                     run.first_evaluations, run.first_step));
  return rows;
}

}  // namespace

void MetricsCsv::on_begin(const RunInfo& run, Program&) {
  const std::string content = run.first_step > 0 ? content_of(path_) : "";
  const std::string kept = kHeaderLine + (run.first_step > 0 ? rows_before(run, content, path_) : "");
  if (content != kept) write_file_atomically(path_, kept);
  file_ = std::make_shared<AppendFile>(path_, AppendFile::Open::existing);
  files_->add(file_);
}

void MetricsCsv::on_evaluation(const Evaluation& evaluation, Program&) {
  file_->append(fmt::format("{},{},{},{},{},{},{}\n", evaluation.epoch, evaluation.step,
                            evaluation.training.loss(), evaluation.training.accuracy(),
                            evaluation.validation.loss(), evaluation.validation.accuracy(),
                            evaluation.learning_rate));
}

}  // namespace lenet::train
