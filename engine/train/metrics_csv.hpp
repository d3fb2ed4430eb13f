#pragma once

#include <filesystem>
#include <memory>
#include <utility>

#include "engine/core/append_file.hpp"
#include "engine/train/observer.hpp"

namespace lenet::train {

/// Writes metrics.csv, one row per evaluation. A row is written in one piece, so that killing the process
/// tears none. Numbers have as many digits as exact reading back needs. There are no times in the file: two
/// runs of the same seed write the same bytes.
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
  std::filesystem::path path_;
  std::shared_ptr<AppendFiles> files_;
  std::shared_ptr<AppendFile> file_;
};

}  // namespace lenet::train
