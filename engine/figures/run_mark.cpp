#include "engine/figures/run_mark.hpp"

#include <array>
#include <cmath>
#include <numbers>

namespace lenet::figures {
namespace {

constexpr std::size_t kShapes = 4;

/// Returns the corners of a regular polygon on a circle, the first at the angle `turn` from the top.
std::vector<Point> corners(Point middle, double radius, int count, double turn) {
  std::vector<Point> points;
  for (int i = 0; i < count; ++i) {
    const double angle = 2 * std::numbers::pi * i / count + turn;
    points.push_back({middle.x + radius * std::sin(angle), middle.y - radius * std::cos(angle)});
  }
  return points;
}

}  // namespace

RunMark mark_of_run(std::size_t index) {
  return {.color = palette::series(index),
          .shape = static_cast<RunMark::Shape>(index / palette::kSeries.size() % kShapes)};
}

void draw_mark(Canvas& canvas, const RunMark& mark, Point middle, double radius) {
  constexpr double kQuarter = std::numbers::pi / 4;
  // Polygons have larger circles around them, so that each shape has about the area of the disc.
  switch (mark.shape) {
    case RunMark::Shape::disc:
      return canvas.disc(middle, radius, mark.color);
    case RunMark::Shape::square:
      return canvas.polygon(corners(middle, 1.25 * radius, 4, kQuarter), mark.color);
    case RunMark::Shape::triangle:
      return canvas.polygon(corners(middle, 1.5 * radius, 3, 0), mark.color);
    case RunMark::Shape::diamond:
      return canvas.polygon(corners(middle, 1.4 * radius, 4, 0), mark.color);
  }
}

void draw_framed_mark(Canvas& canvas, const RunMark& mark, Point middle, double radius) {
  draw_mark(canvas, {palette::kPaper, mark.shape}, middle, radius + 1.5);
  draw_mark(canvas, mark, middle, radius);
}

void draw_hollow_mark(Canvas& canvas, const RunMark& mark, Point middle, double radius) {
  draw_mark(canvas, mark, middle, radius);
  draw_mark(canvas, {palette::kPaper, mark.shape}, middle, 0.75 * radius);
}

}  // namespace lenet::figures
