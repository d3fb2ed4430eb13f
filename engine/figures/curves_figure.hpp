#pragma once

#include <string>
#include <vector>

#include "engine/figures/canvas.hpp"
#include "engine/io/metrics_table.hpp"

namespace lenet::figures {

struct RunCurves {
  std::string name;
  std::vector<io::MetricsRow> rows;  ///< at least one
};

/// Returns a figure with the loss on the left and the accuracy on the right, over epochs, or over steps if a
/// run has several evaluations per epoch. Training is dashed, validation solid, and the best evaluation a
/// disc. A run with one evaluation is two points, the one for training hollow. A legend below lists each run
/// with its best evaluation. From the seventh run on colours repeat, and shapes distinguish the runs.
Figure curves_figure(const std::vector<RunCurves>& runs);

}  // namespace lenet::figures
