#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Format and reader of metrics.csv; engine/train/metrics_csv.hpp writes it.
namespace lenet::io {

inline constexpr std::string_view kMetricsHeader =
    "epoch,step,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds";
/// Header of earlier versions, whose epochs are those begun.
inline constexpr std::string_view kEarlierMetricsHeader =
    "epoch,step,loss,accuracy,val_loss,val_accuracy,learning_rate";

/// Row of metrics.csv: one evaluation during training.
struct MetricsRow {
  static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

  double epoch = 0;       ///< epochs done, whole unless by_steps; NaN where an earlier version did not say
  std::int64_t step = 0;  ///< steps done
  double loss = 0;
  double accuracy = 0;
  double val_loss = kUnknown;      ///< NaN if the run has no validation images
  double val_accuracy = kUnknown;  ///< NaN if the run has no validation images
  double learning_rate = 0;
  double seconds =
      kUnknown;           ///< time that the run has taken, pauses left out; NaN in files of earlier versions
  bool by_steps = false;  ///< the run's length was given in steps, not in epochs

  bool has_validation() const { return val_loss == val_loss; }
  bool has_time() const { return seconds == seconds; }
};

/// Returns the epoch as it is written: "2", or with six decimals, by which readers know a run that is counted
/// in steps: "1.818182".
std::string epoch_text(double epoch, bool by_steps);

/// Parses a line without its end, of a file with kMetricsHeader or, if `is_earlier`, kEarlierMetricsHeader.
/// Returns nullopt unless it has a finite number in each column; val_loss and val_accuracy may both be empty,
/// and so may seconds.
std::optional<MetricsRow> parse_metrics_row(std::string_view line, bool is_earlier = false);

/// Reads all rows, also of earlier versions; there is at least one. Warns of a last row that is cut off, and
/// leaves it out. Throws a DataError that names the file, the line and the fault unless every other row is
/// complete; IoError if there is no such file.
std::vector<MetricsRow> read_metrics(const std::filesystem::path& path);
/// Reads the rows like read_metrics(), but returns none if the run has not been evaluated yet.
std::vector<MetricsRow> read_metrics_so_far(const std::filesystem::path& path);

/// Returns the row whose weights are in best.bin: the first with the lowest validation loss, or the last if
/// the run has no validation images.
const MetricsRow& best_row(const std::vector<MetricsRow>& rows);

}  // namespace lenet::io
