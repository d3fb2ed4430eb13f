#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <utility>

#include "engine/core/append_file.hpp"
#include "engine/core/clock.hpp"
#include "engine/train/observer.hpp"

namespace lenet::train {

/// Writes metrics.csv, one row per evaluation, in one write: a kill seldom tears a row, and readers leave out
/// a torn one. Numbers have as many digits as exact reading back needs. All columns but the last, which is
/// the time, are the same bytes in two runs of one seed.
///
/// The time is that of the run without pauses. A resumed run goes on from its last row; how long the steps
/// between that row and the stop took is estimated from the steps after it.
///
/// A resumed run first replaces the file, atomically, by the rows that it will not write again. It warns if
/// some of them are missing, and throws if the file cannot be read or is no metrics.csv. The open file is
/// added to `files`.
class MetricsCsv : public Observer {
 public:
  MetricsCsv(std::filesystem::path path, std::shared_ptr<AppendFiles> files)
      : path_(std::move(path)), files_(std::move(files)) {}

  void on_begin(const RunInfo& run, Program& program) override;
  void on_evaluation(const Evaluation& evaluation, Program& program) override;

 private:
  /// Returns the time that the run has taken. Adds to the time before this process, when it first writes a
  /// row, an estimate for the steps since the row before.
  double seconds_at(const Evaluation& evaluation);

  std::filesystem::path path_;
  std::shared_ptr<AppendFiles> files_;
  std::shared_ptr<AppendFile> file_;
  bool by_steps_ = false;
  Clock::time_point began_;
  double seconds_before_ = 0;       ///< time that the run had taken when this process took over
  std::int64_t last_step_ = 0;      ///< step of the last row when this process took over
  std::int64_t images_before_ = 0;  ///< trained after that row by an earlier process
};

}  // namespace lenet::train
