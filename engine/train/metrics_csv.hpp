#pragma once

#include <filesystem>
#include <fstream>

#include "engine/train/observer.hpp"

namespace lenet::train {

/// Writes metrics.csv, one row per evaluation. A row is written in one piece and flushed, so that killing the
/// process tears none. Numbers have as many digits as exact reading back needs. There are no times in the
/// file: two runs of the same seed write the same bytes. A resumed run first drops the rows that it will
/// write again.
class MetricsCsv : public Observer {
 public:
  explicit MetricsCsv(std::filesystem::path path) : path_(std::move(path)) {}

  void on_begin(const RunInfo& run, Program& program) override;
  void on_evaluation(const Evaluation& evaluation, Program& program) override;

 private:
  std::filesystem::path path_;
  std::ofstream file_;
};

}  // namespace lenet::train
