#include "engine/figures/curves_figure.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "engine/figures/axis.hpp"
#include "engine/figures/curves_legend.hpp"
#include "engine/figures/run_mark.hpp"

namespace lenet::figures {
namespace {

constexpr double kWidth = 860;
constexpr double kMargin = 20;
constexpr double kTop = 44;       // room for the panels' titles
constexpr Size kPanel{350, 250};  // area between the axes
constexpr double kTickRoom = 56;  // room for the numbers left of a panel
constexpr double kBelow = 52;     // room for the numbers and the name below a panel

using Field = double io::MetricsRow::*;

/// One of the two panels: its columns of metrics.csv, its place and its axes.
struct Panel {
  std::string title;
  Field training;
  Field validation;
  double scale;  ///< factor of the numbers at the vertical axis: 100 for percents
  Box box;
  Axis x;
  Axis y;

  Point place(double at, double value) const {
    return {box.x + box.width * (at - x.low) / (x.high - x.low),
            box.bottom() - box.height * (value - y.low) / (y.high - y.low)};
  }
};

/// The horizontal axis: what it shows, in which unit.
struct Horizontal {
  Across across;
  double unit = 1;    ///< of time, in seconds
  std::string title;  ///< "epoch"

  double position(const io::MetricsRow& row) const {
    switch (across) {
      case Across::epochs:
        return row.epoch;
      case Across::steps:
        return static_cast<double>(row.step);
      case Across::time:
        break;
    }
    return row.seconds / unit;
  }
};

Horizontal horizontal(const std::vector<RunCurves>& runs, Across across) {
  switch (across) {
    case Across::epochs:
      return {.across = across, .title = "epoch"};
    case Across::steps:
      return {.across = across, .title = "step"};
    case Across::time:
      break;
  }
  constexpr double kMinute = 60;
  constexpr double kHour = 60 * kMinute;
  double longest = 0;
  for (const RunCurves& run : runs) longest = std::max(longest, run.rows.back().seconds);
  if (longest >= 3 * kHour) return {.across = across, .unit = kHour, .title = "time, hours"};
  if (longest >= 3 * kMinute) return {.across = across, .unit = kMinute, .title = "time, minutes"};
  return {.across = across, .title = "time, seconds"};
}

bool is_whole(const std::vector<RunCurves>& runs, const Horizontal& x) {
  return std::ranges::all_of(runs, [&](const RunCurves& run) {
    return std::ranges::all_of(
        run.rows, [&](const io::MetricsRow& row) { return x.position(row) == std::floor(x.position(row)); });
  });
}

Axis horizontal_axis(const std::vector<RunCurves>& runs, const Horizontal& x) {
  double low = std::numeric_limits<double>::infinity();
  double high = 0;
  for (const RunCurves& run : runs) {
    low = std::min(low, x.position(run.rows.front()));
    high = std::max(high, x.position(run.rows.back()));
  }
  constexpr double kLongNumbers = 1e5;  // there is room for fewer of them
  const bool whole = is_whole(runs, x);
  const Axis axis = exact_axis(low, high, high < kLongNumbers ? 9 : 6, whole ? 1 : 0);
  if (!has_points(runs)) return axis;
  // Less than one, so that epoch 0 stays outside.
  const double room = whole ? std::min(0.5, 0.05 * (high - low)) : 0.05 * (high - low);
  return {axis.low - room, axis.high + room, axis.step};
}

/// `limit` is the largest possible value: 1 for an accuracy.
Axis vertical_axis(const std::vector<RunCurves>& runs, Field training, Field validation,
                   std::optional<double> limit) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const RunCurves& run : runs)
    for (const io::MetricsRow& row : run.rows) {
      low = std::min(low, row.*training);
      high = std::max(high, row.*training);
      if (!row.has_validation()) continue;
      low = std::min(low, row.*validation);
      high = std::max(high, row.*validation);
    }
  Axis axis = round_axis(low, high, 6);
  if (limit && high <= *limit) axis.high = std::min(axis.high, *limit);
  if (!has_points(runs)) return axis;
  const double room = 0.3 * axis.step;  // so that a point on the lowest mark is drawn whole
  return {axis.low - room, axis.high + room, axis.step};
}

void draw_axes(Canvas& canvas, const Panel& panel, const std::string& title) {
  const Box& box = panel.box;
  for (const double tick : panel.y.ticks()) {
    const double y = panel.place(panel.x.low, tick).y;
    const Point grid_line[] = {{box.x, y}, {box.right(), y}};
    canvas.line(grid_line, {.color = palette::kGrid});
    canvas.text({box.x - 8, y}, panel.y.label(tick, panel.scale),
                {.size = 10, .color = palette::kFaint, .align = Align::right});
  }
  for (const double tick : panel.x.ticks()) {
    const Point mark = {panel.place(tick, panel.y.low).x, box.bottom()};
    const Point tick_line[] = {mark, {mark.x, mark.y + 4}};
    canvas.line(tick_line, {.color = palette::kFaint});
    const TextStyle style{.size = 10, .color = palette::kFaint, .align = Align::center};
    const std::string label = panel.x.label(tick);
    // Keeps a long number below the end of the right panel on the page.
    const double rightmost = kWidth - 4 - text_width(label, style) / 2;
    canvas.text({std::min(mark.x, rightmost), mark.y + 13}, label, style);
  }
  const Point base[] = {{box.x, box.bottom()}, {box.right(), box.bottom()}};
  canvas.line(base, {.color = palette::kFaint});
  canvas.text({box.middle().x, kTop - 18}, panel.title, {.size = 13, .bold = true, .align = Align::center});
  canvas.text({box.middle().x, box.bottom() + 32}, title, {.size = 11, .align = Align::center});
}

/// Draws small marks along a line, about as many for long runs as for short ones.
void draw_marks_along(Canvas& canvas, const RunMark& mark, const std::vector<Point>& line) {
  constexpr std::size_t kMarks = 6;
  constexpr double kRadius = 2.8;
  const std::size_t every = std::max<std::size_t>(1, line.size() / kMarks);
  for (std::size_t i = every / 2; i < line.size(); i += every) draw_mark(canvas, mark, line[i], kRadius);
}

/// Draws one of a run's two lines, or its only point.
void draw_curve(Canvas& canvas, const RunMark& mark, const std::vector<Point>& line, bool training) {
  if (line.size() == 1) {
    if (training) draw_hollow_mark(canvas, mark, line[0], kTrainingPoint);
    return;  // draw_best() draws the point for validation
  }
  canvas.line(line, training ? training_line(mark.color) : validation_line(mark.color));
  if (mark.needs_shape()) draw_marks_along(canvas, mark, line);
}

void draw_run(Canvas& canvas, const Panel& panel, const RunCurves& run, const RunMark& mark,
              const Horizontal& x) {
  for (const bool training : {true, false}) {
    if (!training && !run.rows.back().has_validation()) continue;
    std::vector<Point> line;
    for (const io::MetricsRow& row : run.rows)
      line.push_back(panel.place(x.position(row), row.*(training ? panel.training : panel.validation)));
    draw_curve(canvas, mark, line, training);
  }
}

/// Draws the best evaluation. Called after all lines, so that none covers it.
void draw_best(Canvas& canvas, const Panel& panel, const RunCurves& run, const RunMark& mark,
               const Horizontal& x) {
  const io::MetricsRow& best = io::best_row(run.rows);
  if (!best.has_validation()) return;
  const Point at = panel.place(x.position(best), best.*panel.validation);
  if (is_point(run)) return draw_mark(canvas, mark, at, kValidationPoint);
  draw_framed_mark(canvas, mark, at, kBestPoint);
}

Panel make_panel(const std::vector<RunCurves>& runs, const Horizontal& x, bool loss) {
  const Field training = loss ? &io::MetricsRow::loss : &io::MetricsRow::accuracy;
  const Field validation = loss ? &io::MetricsRow::val_loss : &io::MetricsRow::val_accuracy;
  const double left = loss ? kMargin + kTickRoom : kWidth - kMargin - kPanel.width;
  return {.title = loss ? "Loss" : "Accuracy, %",
          .training = training,
          .validation = validation,
          .scale = loss ? 1.0 : 100.0,
          .box = {left, kTop, kPanel.width, kPanel.height},
          .x = horizontal_axis(runs, x),
          .y = vertical_axis(runs, training, validation, loss ? std::nullopt : std::optional(1.0))};
}

}  // namespace

Across natural_axis(const std::vector<RunCurves>& runs) {
  const bool steps = std::ranges::any_of(runs, [](const RunCurves& run) { return run.rows.back().by_steps; });
  return steps ? Across::steps : Across::epochs;
}

Figure curves_figure(const std::vector<RunCurves>& runs, std::optional<Across> across) {
  const double key = kTop + kPanel.height + kBelow + 8;
  const double height = key + legend_height(runs.size()) + kMargin / 2;
  const Horizontal x = horizontal(runs, across.value_or(natural_axis(runs)));
  return {{kWidth, height}, [runs, key, x](Canvas& canvas) {
            for (const bool loss : {true, false}) {
              const Panel panel = make_panel(runs, x, loss);
              draw_axes(canvas, panel, x.title);
              for (std::size_t i = 0; i < runs.size(); ++i)
                draw_run(canvas, panel, runs[i], mark_of_run(i), x);
              for (std::size_t i = 0; i < runs.size(); ++i)
                draw_best(canvas, panel, runs[i], mark_of_run(i), x);
            }
            const double left = kMargin + kTickRoom;
            draw_legend(canvas, runs, {left, key, kWidth - kMargin - left, 0}, x.across);
          }};
}

}  // namespace lenet::figures
