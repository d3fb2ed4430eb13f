#pragma once

#include <cstddef>

#include "engine/figures/canvas.hpp"

namespace lenet::figures {

/// Mark that distinguishes a run from the others of a figure: a colour, and a shape if colours repeat.
struct RunMark {
  enum class Shape { disc, square, triangle, diamond };
  Color color;
  Shape shape = Shape::disc;

  /// Returns whether an earlier run has the same colour, so that a line without its shape is ambiguous.
  bool needs_shape() const { return shape != Shape::disc; }
};

/// Returns the mark of the run at this index: six colours as discs, then the same six as squares, and so on.
/// The marks repeat after 24 runs.
RunMark mark_of_run(std::size_t index);

/// Draws a mark with about the area of a disc of this radius.
void draw_mark(Canvas& canvas, const RunMark& mark, Point middle, double radius);

/// Draws a mark with paper around it, so that it stands out from the lines below it.
void draw_framed_mark(Canvas& canvas, const RunMark& mark, Point middle, double radius);

/// Draws the outline of a mark, filled with paper. A mark of less than three quarters of the radius fits in.
void draw_hollow_mark(Canvas& canvas, const RunMark& mark, Point middle, double radius);

}  // namespace lenet::figures
