#pragma once

#include <algorithm>
#include <vector>

#include "engine/figures/curves_figure.hpp"

/// The legend below the panels of curves_figure(), and the line styles and sizes that both use.
namespace lenet::figures {

inline constexpr double kTrainingPoint = 7;    ///< radius of a hollow mark
inline constexpr double kValidationPoint = 4;  ///< fits into the hollow mark if both values are equal
inline constexpr double kBestPoint = 4.5;

/// Returns whether a run has only one evaluation, which is drawn as points because it makes no line.
inline bool is_point(const RunCurves& run) { return run.rows.size() == 1; }
inline bool has_points(const std::vector<RunCurves>& runs) { return std::ranges::any_of(runs, is_point); }

LineStyle training_line(Color color);
LineStyle validation_line(Color color);

double legend_height(std::size_t runs);

/// Draws what lines and marks mean, then one row per run with its best evaluation. The legend starts at the
/// top of `box` and is as wide as it. Names that leave no room for the numbers are shortened.
void draw_legend(Canvas& canvas, const std::vector<RunCurves>& runs, const Box& box, Across across);

}  // namespace lenet::figures
