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
const std::string kEarlierHeaderLine = std::string(io::kEarlierMetricsHeader) + '\n';

/// Returns whether a file may be one whose first bytes did not reach the disk: after a power failure, a file
/// that was not flushed can be empty, cut or full of zeros.
bool is_unfinished(std::string_view content) {
  return kHeaderLine.starts_with(content) ||
         std::ranges::all_of(content, [](char byte) { return byte == '\0'; });
}

/// The rows that an earlier process wrote.
struct EarlierRows {
  std::string text;
  std::int64_t count = 0;
  std::int64_t last_step = 0;
  double seconds = 0;  ///< of the last row
};

/// Returns a row of an earlier version in today's form. Its epochs were those begun.
std::string renewed(std::string_view line, const io::MetricsRow& row, const RunLength& length) {
  return fmt::format("{}{},", io::epoch_text(length.epochs_at(row.step), length.by_steps),
                     line.substr(line.find(',')));
}

/// Returns the rows up to `last_step`. Skips what is torn or damaged.
EarlierRows rows_until(std::string_view content, std::int64_t last_step, bool is_earlier,
                       const RunLength& length) {
  EarlierRows rows;
  for (std::size_t end = 0; (end = content.find('\n')) != content.npos; content.remove_prefix(end + 1)) {
    const std::string_view line = content.substr(0, end);
    const auto row = io::parse_metrics_row(line, is_earlier);
    if (!row || row->step <= rows.last_step || row->step > last_step) continue;
    rows.text += (is_earlier ? renewed(line, *row, length) : std::string(line)) + '\n';
    ++rows.count;
    rows.last_step = row->step;
    if (row->has_time()) rows.seconds = row->seconds;
  }
  return rows;
}

std::string content_of(const std::filesystem::path& path) {
  std::error_code ignored;  // reading the file says what is wrong
  return std::filesystem::exists(std::filesystem::symlink_status(path, ignored)) ? read_file(path) : "";
}

/// Returns the rows that a resumed run keeps. Throws DataError if the file is no metrics.csv.
EarlierRows rows_before(const RunInfo& run, std::string_view content, const std::filesystem::path& path) {
  EarlierRows rows;
  const bool is_earlier = content.starts_with(kEarlierHeaderLine);
  if (is_earlier || content.starts_with(kHeaderLine))
    rows = rows_until(content.substr(content.find('\n') + 1),
                      run.first_step - (run.first_evaluation_pending ? 1 : 0), is_earlier, run.run_length);
  else if (!is_unfinished(content))
    throw DataError(fmt::format(
        "{}: is no metrics.csv, expected '{}' in its first line: move it away to go on without it",
        path.string(), io::kMetricsHeader));
  if (rows.count < run.first_evaluations)
    warn(fmt::format("{}: has {} of the {} rows up to step {}; the others are lost", path.string(),
                     rows.count, run.first_evaluations, run.first_step));
  return rows;
}

/// Returns two cells, which are empty if there are no validation images.
std::string validation_text(const Metrics& validation) {
  if (validation.count == 0) return ",";
  return fmt::format("{},{}", validation.loss(), validation.accuracy());
}

}  // namespace

void MetricsCsv::on_begin(const RunInfo& run, Program& program) {
  EarlierRows rows;
  std::string content;
  if (run.first_step > 0) {
    content = content_of(path_);
    rows = rows_before(run, content, path_);
    images_before_ = program.metrics().count;
  }
  by_steps_ = run.run_length.by_steps;
  seconds_before_ = rows.seconds;
  last_step_ = rows.last_step;
  began_ = Clock::now();
  const std::string kept = kHeaderLine + rows.text;
  if (content != kept) write_file_atomically(path_, kept);
  file_ = std::make_shared<AppendFile>(path_, AppendFile::Open::existing);
  files_->add(file_);
}

void MetricsCsv::on_evaluation(const Evaluation& evaluation, Program&) {
  file_->append(fmt::format("{},{},{},{},{},{},{:.3f}\n", io::epoch_text(evaluation.epoch, by_steps_),
                            evaluation.step, evaluation.training.loss(), evaluation.training.accuracy(),
                            validation_text(evaluation.validation), evaluation.learning_rate,
                            seconds_at(evaluation)));
}

double MetricsCsv::seconds_at(const Evaluation& evaluation) {
  if (images_before_ > 0) {
    const auto images = static_cast<double>(images_before_);
    const auto steps = static_cast<double>(evaluation.step - last_step_);
    if (evaluation.images_per_second > 0)
      seconds_before_ += images / evaluation.images_per_second;
    else if (last_step_ > 0)  // only the evaluation was left
      seconds_before_ += steps * seconds_before_ / static_cast<double>(last_step_);
    images_before_ = 0;
  }
  return seconds_before_ + seconds_since(began_);
}

}  // namespace lenet::train
