#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

/// Format and reader of metrics.csv; engine/train/metrics_csv.hpp writes it.
namespace lenet::io {

inline constexpr std::string_view kMetricsHeader =
    "epoch,step,loss,accuracy,val_loss,val_accuracy,learning_rate";

/// Row of metrics.csv: one evaluation during training.
struct MetricsRow {
  std::int64_t epoch = 0;  ///< epochs begun
  std::int64_t step = 0;   ///< steps done
  double loss = 0;
  double accuracy = 0;
  double val_loss = 0;
  double val_accuracy = 0;
  double learning_rate = 0;
};

/// Parses a line without its end. Returns nullopt unless it is as many finite numbers as there are columns.
std::optional<MetricsRow> parse_metrics_row(std::string_view line);

/// Reads all rows; there is at least one. Throws a DataError that names the file, the line and the fault
/// unless every row is complete and its numbers are finite; IoError if there is no such file.
std::vector<MetricsRow> read_metrics(const std::filesystem::path& path);

/// Returns the first row with the lowest validation loss, whose weights are in best.bin.
const MetricsRow& best_row(const std::vector<MetricsRow>& rows);

}  // namespace lenet::io
