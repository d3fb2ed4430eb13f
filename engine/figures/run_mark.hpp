#pragma once

#include <cstddef>

#include "engine/figures/canvas.hpp"

namespace lenet::figures {

/// What tells a run apart from the others of a figure: a colour, and a shape where colours repeat.
struct RunMark {
  enum class Shape { disc, square, triangle, diamond };
  Color color;
  Shape shape = Shape::disc;

  /// Whether the colour alone does not say which run it is, if the shape is not seen.
  bool needs_shape() const { return shape != Shape::disc; }
};

/// Of the run at this place: six colours as discs, the same as squares, and so on; the 25th is as the first.
RunMark mark_of_run(std::size_t index);

/// About as large as a disc of this radius.
void draw_mark(Canvas& canvas, const RunMark& mark, Point middle, double radius);

/// The same with paper around it, so that it stands out from the lines beneath.
void draw_framed_mark(Canvas& canvas, const RunMark& mark, Point middle, double radius);

/// Its outline, with paper in it: a mark of less than three quarters of the radius fits in.
void draw_hollow_mark(Canvas& canvas, const RunMark& mark, Point middle, double radius);

}  // namespace lenet::figures
