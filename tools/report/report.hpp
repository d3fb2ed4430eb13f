#pragma once

#include <cstdint>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/figures/digit_grid.hpp"
#include "engine/graph/graph.hpp"
#include "engine/io/metrics_table.hpp"
#include "tools/cli/common_options.hpp"
#include "tools/cli/evaluation.hpp"
#include "tools/cli/run_summary.hpp"
#include "tools/cli/training_machines.hpp"
#include "tools/cli/weights.hpp"

/// A report on runs as one HTML page.
namespace lenet::report {

/// A test image that the report shows.
struct ShownDigit {
  std::int64_t index = 0;
  figures::Prediction prediction;
};

/// Which digits the report shows of each run.
struct DigitSelection {
  std::int64_t count = 10;  ///< random digits, and as many mistakes at most
  std::uint64_t seed = 1;   ///< selects the random digits
};

/// The files of a run, before it is evaluated.
struct RunFiles {
  cli::RunSummary summary;
  std::vector<io::MetricsRow> rows;
  std::vector<cli::TrainingMachine> machines;
  cli::LoadedModel weights;
};

/// All that the report says of a run.
struct ReportedRun {
  std::string name;
  cli::RunSummary summary;                          ///< without faults
  std::vector<io::MetricsRow> rows;                 ///< of metrics.csv
  std::vector<cli::TrainingMachine> machines = {};  ///< that trained it; empty if that is not recorded
  Graph graph;
  cli::Evaluation test;   ///< of best.bin on the test images
  bool is_mnist = false;  ///< the test images are MNIST's, which the tutorial's figures are about
  std::vector<ShownDigit> random_digits;
  std::vector<ShownDigit> mistakes;  ///< the most confident first
  DeviceInfo device;                 ///< that evaluated the run
  double images_per_second = 0;      ///< of the evaluation
  std::string digest;                ///< SHA-256 in best.bin
  std::filesystem::path data;        ///< folder of the test images
};

/// Reads the files of a run. Throws an Error if one is missing, as before the first evaluation, or damaged.
RunFiles read_run(const std::filesystem::path& folder);

/// Evaluates a run's best weights on the test images, and keeps the result in the run's evaluation.json.
/// Throws the exceptions of evaluate_model().
ReportedRun evaluate_run(RunFiles run, const cli::ImageOptions& images, const cli::DeviceOptions& device,
                         const DigitSelection& digits);

struct Report {
  std::string title;
  std::string author;  ///< may be empty
  std::time_t made = 0;
  std::vector<ReportedRun> runs;  ///< at least one
};

/// Returns the page, which needs nothing but itself: no network, no script, no other file. Whatever the names
/// of runs are, they are shown as text. Throws IoError if figures cannot be drawn.
std::string report_html(const Report& report);

}  // namespace lenet::report
