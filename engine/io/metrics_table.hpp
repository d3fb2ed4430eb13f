#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

/// metrics.csv as readers see it; engine/train/metrics_csv.hpp writes it.
namespace lenet::io {

inline constexpr std::string_view kMetricsHeader =
    "epoch,step,loss,accuracy,val_loss,val_accuracy,learning_rate";

/// A report: an epoch, or a number of steps.
struct MetricsRow {
  std::int64_t epoch = 0;  ///< epochs begun
  std::int64_t step = 0;   ///< steps done
  double loss = 0;
  double accuracy = 0;
  double val_loss = 0;
  double val_accuracy = 0;
  double learning_rate = 0;
};

/// All rows, at least one. Throws a DataError that names file, line and what is wrong for anything else than
/// whole rows of finite numbers, IoError if the file is not there.
std::vector<MetricsRow> read_metrics(const std::filesystem::path& path);

/// The row whose weights best.bin holds: the first of the lowest validation loss.
const MetricsRow& best_row(const std::vector<MetricsRow>& rows);

}  // namespace lenet::io
