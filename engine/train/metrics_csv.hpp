#pragma once

#include <filesystem>
#include <fstream>

#include "engine/train/observer.hpp"

namespace lenet::train {

/// Writes metrics.csv, one row per evaluation, each in one piece and flushed, so that a kill tears none.
/// Numbers have as many digits as it takes to read them back exactly. There are no times in it: the same run
/// gives the same file. A resumed run first drops the rows that it will write again.
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
