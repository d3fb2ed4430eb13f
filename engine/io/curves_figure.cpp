#include "engine/io/curves_figure.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <optional>

#include "engine/core/text.hpp"
#include "engine/io/axis.hpp"

namespace lenet {
namespace {

constexpr double kWidth = 860;
constexpr double kMargin = 20;
constexpr double kTop = 44;       // the panels' titles
constexpr Size kPanel{350, 250};  // what lies between the axes
constexpr double kTickRoom = 56;  // the numbers left of a panel
constexpr double kBelow = 52;     // the numbers and the name below it
constexpr double kLegendRow = 20;

using Field = double MetricsRow::*;

/// One of the two panels: what it shows, and where.
struct Panel {
  std::string title;
  Field training;
  Field validation;
  double scale;  ///< of the numbers at its axis
  Box box;
  Axis x;
  Axis y;

  Point place(double at, double value) const {
    return {box.x + box.width * (at - x.low) / (x.high - x.low),
            box.bottom() - box.height * (value - y.low) / (y.high - y.low)};
  }
};

/// Whether the epochs tell the rows of all runs apart.
bool by_epoch(const std::vector<RunCurves>& runs) {
  return std::ranges::all_of(runs, [](const RunCurves& run) {
    return std::ranges::adjacent_find(run.rows, std::ranges::greater_equal{}, &MetricsRow::epoch) ==
           run.rows.end();
  });
}

double position(const MetricsRow& row, bool epochs) {
  return static_cast<double>(epochs ? row.epoch : row.step);
}

Axis horizontal_axis(const std::vector<RunCurves>& runs, bool epochs) {
  double low = std::numeric_limits<double>::infinity();
  double high = 0;
  for (const RunCurves& run : runs) {
    low = std::min(low, position(run.rows.front(), epochs));
    high = std::max(high, position(run.rows.back(), epochs));
  }
  constexpr double kLongNumbers = 1e5;  // fewer of them have room
  return whole_axis(low, high, high < kLongNumbers ? 9 : 6);
}

/// `most`: what no number of this kind can be above.
Axis vertical_axis(const std::vector<RunCurves>& runs, Field training, Field validation,
                   std::optional<double> most) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const RunCurves& run : runs)
    for (const MetricsRow& row : run.rows) {
      low = std::min({low, row.*training, row.*validation});
      high = std::max({high, row.*training, row.*validation});
    }
  Axis axis = round_axis(low, high, 6);
  if (most && high <= *most) axis.high = std::min(axis.high, *most);
  return axis;
}

void draw_axes(Canvas& canvas, const Panel& panel, bool epochs) {
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
    canvas.text({mark.x, mark.y + 13}, panel.x.label(tick),
                {.size = 10, .color = palette::kFaint, .align = Align::center});
  }
  const Point base[] = {{box.x, box.bottom()}, {box.right(), box.bottom()}};
  canvas.line(base, {.color = palette::kFaint});
  canvas.text({box.middle().x, kTop - 18}, panel.title, {.size = 13, .bold = true, .align = Align::center});
  canvas.text({box.middle().x, box.bottom() + 32}, epochs ? "epoch" : "step",
              {.size = 11, .align = Align::center});
}

LineStyle training_line(Color color) {
  return {.color = blend(color, palette::kPaper, 0.25), .width = 1.3, .dashes = {5, 3}};
}

void draw_run(Canvas& canvas, const Panel& panel, const RunCurves& run, Color color, bool epochs) {
  std::vector<Point> training;
  std::vector<Point> validation;
  for (const MetricsRow& row : run.rows) {
    training.push_back(panel.place(position(row, epochs), row.*panel.training));
    validation.push_back(panel.place(position(row, epochs), row.*panel.validation));
  }
  canvas.line(training, training_line(color));
  canvas.line(validation, {.color = color, .width = 2});
  if (run.rows.size() == 1) canvas.disc(training[0], 2.5, color);  // one point makes no line
}

/// Drawn after all lines, so that none lies over it.
void draw_best(Canvas& canvas, const Panel& panel, const RunCurves& run, Color color, bool epochs) {
  const MetricsRow& best = best_row(run.rows);
  const Point at = panel.place(position(best, epochs), best.*panel.validation);
  canvas.disc(at, 6, palette::kPaper);
  canvas.disc(at, 4.5, color);
}

/// What dashes, lines and discs mean.
void draw_key(Canvas& canvas, double y) {
  const auto entry = [&](double x, std::string_view name, const auto& sample) {
    sample(x);
    canvas.text({x + 36, y}, name, {.size = 11});
  };
  const auto line = [&](double x, const LineStyle& style) {
    const Point ends[] = {{x, y}, {x + 28, y}};
    canvas.line(ends, style);
  };
  const Color color = palette::kFaint;
  entry(kMargin + kTickRoom, "validation", [&](double x) { line(x, {.color = color, .width = 2}); });
  entry(kMargin + kTickRoom + 130, "training", [&](double x) { line(x, training_line(color)); });
  entry(kMargin + kTickRoom + 250, "lowest validation loss: the weights in best.bin", [&](double x) {
    canvas.disc({x + 22, y}, 4.5, color);
  });
}

std::string best_text(const RunCurves& run, bool epochs) {
  const MetricsRow& best = best_row(run.rows);
  return fmt::format("best at {} {}: validation loss {}, accuracy {:.2f} %", epochs ? "epoch" : "step",
                     with_thousands(epochs ? best.epoch : best.step), readable_number(best.val_loss),
                     100 * best.val_accuracy);
}

void draw_legend(Canvas& canvas, const std::vector<RunCurves>& runs, double y, bool epochs) {
  double widest = 0;
  for (const RunCurves& run : runs)
    widest = std::max(widest, text_width(run.name, {.size = 11, .bold = true}));
  const double left = kMargin + kTickRoom;
  for (std::size_t i = 0; i < runs.size(); ++i, y += kLegendRow) {
    const Point swatch[] = {{left, y}, {left + 28, y}};
    canvas.line(swatch, {.color = palette::series(i), .width = 4});
    canvas.text({left + 36, y}, runs[i].name, {.size = 11, .bold = true});
    canvas.text({left + 36 + widest + 16, y}, best_text(runs[i], epochs), {.size = 11});
  }
}

Panel make_panel(const std::vector<RunCurves>& runs, bool epochs, bool loss) {
  const Field training = loss ? &MetricsRow::loss : &MetricsRow::accuracy;
  const Field validation = loss ? &MetricsRow::val_loss : &MetricsRow::val_accuracy;
  const double left = loss ? kMargin + kTickRoom : kWidth - kMargin - kPanel.width;
  return {.title = loss ? "Loss" : "Accuracy, %",
          .training = training,
          .validation = validation,
          .scale = loss ? 1.0 : 100.0,
          .box = {left, kTop, kPanel.width, kPanel.height},
          .x = horizontal_axis(runs, epochs),
          .y = vertical_axis(runs, training, validation, loss ? std::nullopt : std::optional(1.0))};
}

}  // namespace

Figure curves_figure(const std::vector<RunCurves>& runs) {
  const double key = kTop + kPanel.height + kBelow + 8;
  const double height = key + kLegendRow * static_cast<double>(runs.size() + 1) + kMargin / 2;
  return {{kWidth, height}, [runs, key](Canvas& canvas) {
            const bool epochs = by_epoch(runs);
            for (const bool loss : {true, false}) {
              const Panel panel = make_panel(runs, epochs, loss);
              draw_axes(canvas, panel, epochs);
              for (std::size_t i = 0; i < runs.size(); ++i)
                draw_run(canvas, panel, runs[i], palette::series(i), epochs);
              for (std::size_t i = 0; i < runs.size(); ++i)
                draw_best(canvas, panel, runs[i], palette::series(i), epochs);
            }
            draw_key(canvas, key);
            draw_legend(canvas, runs, key + kLegendRow + 4, epochs);
          }};
}

}  // namespace lenet
