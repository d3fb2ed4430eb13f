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

/// Loss at the left, accuracy at the right, over epochs, or over steps where a run reported more than once an
/// epoch. Training dashed, validation solid, the best report a disc; below, each run with its best figures. A
/// single report is two points, training hollow. From the seventh run on, marks tell equal colours apart.
Figure curves_figure(const std::vector<RunCurves>& runs);

}  // namespace lenet::figures
