#pragma once

#include <algorithm>
#include <vector>

#include "engine/figures/curves_figure.hpp"

/// What is below the panels of curves_figure, and what both draw alike.
namespace lenet::figures {

inline constexpr double kTrainingPoint = 7;    ///< radius of what is drawn hollow
inline constexpr double kValidationPoint = 4;  ///< fits into it, where both have the same value
inline constexpr double kBestPoint = 4.5;

/// One report makes no line, so it is drawn as points.
inline bool is_point(const RunCurves& run) { return run.rows.size() == 1; }
inline bool has_points(const std::vector<RunCurves>& runs) { return std::ranges::any_of(runs, is_point); }

LineStyle training_line(Color color);
LineStyle validation_line(Color color);

double legend_height(std::size_t runs);

/// What lines and marks mean, then a row for each run with its best figures; from the top of
/// `box` on downwards, as wide as it. Names that leave no room for the figures are shortened.
void draw_legend(Canvas& canvas, const std::vector<RunCurves>& runs, const Box& box, bool epochs);

}  // namespace lenet::figures
