#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/figures/canvas.hpp"
#include "engine/io/metrics_table.hpp"

namespace lenet::figures {

struct RunCurves {
  std::string name;
  std::vector<io::MetricsRow> rows;  ///< at least one
};

/// Quantity on the horizontal axis of curves.
enum class Across { epochs, steps, time };

/// Returns epochs, or steps if one of the runs is counted in steps.
Across natural_axis(const std::vector<RunCurves>& runs);

/// Returns a figure with the loss on the left and the accuracy on the right, over the runs' natural axis
/// unless `across` names another, for which each row must have the number. Training is dashed, validation
/// solid, and the best evaluation a disc; a run without validation images has training alone. A run with one
/// evaluation is two points, the one for training hollow. A legend below lists each run with its best
/// evaluation. From the seventh run on colours repeat, and shapes distinguish the runs.
Figure curves_figure(const std::vector<RunCurves>& runs, std::optional<Across> across = std::nullopt);

}  // namespace lenet::figures
