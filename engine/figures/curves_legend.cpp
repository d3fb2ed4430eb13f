#include "engine/figures/curves_legend.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "engine/core/cut_apart.hpp"
#include "engine/core/text.hpp"
#include "engine/figures/axis.hpp"
#include "engine/figures/run_mark.hpp"

namespace lenet::figures {
namespace {

constexpr double kRow = 20;
constexpr double kAfterKey = 4;
constexpr double kSample = 28;    // length of the line in front of an entry
constexpr double kTextFrom = 36;  // start of an entry's text
constexpr double kGap = 16;       // between a name and its numbers
constexpr TextStyle kText{.size = 11};
constexpr TextStyle kName{.size = 11, .bold = true};
constexpr RunMark kFaintDisc{.color = palette::kFaint};

/// Draws the shapes that the figure uses, the first run's on the right.
void draw_best_sample(Canvas& canvas, Point right, std::size_t runs) {
  for (std::size_t first = 0; first < std::min<std::size_t>(runs, 24); first += palette::kSeries.size()) {
    draw_mark(canvas, {palette::kFaint, mark_of_run(first).shape}, right, kBestPoint);
    right.x -= 3 * kBestPoint;
  }
}

void draw_key(Canvas& canvas, const std::vector<RunCurves>& runs, Point at) {
  const bool lines = !std::ranges::all_of(runs, is_point);
  const bool points = has_points(runs);
  const auto line = [&](const LineStyle& style) {
    const Point ends[] = {at, {at.x + kSample, at.y}};
    if (lines) canvas.line(ends, style);
  };
  const auto entry = [&](std::string_view name, double width) {
    canvas.text({at.x + kTextFrom, at.y}, name, kText);
    at.x += width;
  };
  line(validation_line(palette::kFaint));
  if (points) draw_framed_mark(canvas, kFaintDisc, {at.x + kSample / 2, at.y}, kValidationPoint);
  entry("validation", 130);
  line(training_line(palette::kFaint));
  if (points) draw_hollow_mark(canvas, kFaintDisc, {at.x + kSample / 2, at.y}, kTrainingPoint);
  entry("training", 120);
  if (!lines) return;  // the only evaluation is the best
  draw_best_sample(canvas, {at.x + kSample - 6, at.y}, runs.size());
  entry("lowest validation loss: the weights in best.bin", 0);
}

/// Returns "epoch 5", "epoch 1.82" or "step 1,000". Over time, runs are named in their own unit.
std::string place_text(const io::MetricsRow& row, Across across) {
  if (across == Across::steps || (across == Across::time && row.by_steps))
    return fmt::format("step {}", with_thousands(row.step));
  const bool is_whole = row.epoch == std::floor(row.epoch);
  return fmt::format("epoch {}",
                     is_whole ? with_thousands(std::llround(row.epoch)) : fmt::format("{:.2f}", row.epoch));
}

std::string best_text(const RunCurves& run, Across across) {
  const io::MetricsRow& best = io::best_row(run.rows);
  const std::string place = place_text(best, across);
  if (!best.has_validation())
    return fmt::format("at {}: training loss {}, accuracy {:.2f} %; no validation", place,
                       readable_number(best.loss), 100 * best.accuracy);
  return fmt::format("best at {}: validation loss {}, accuracy {:.2f} %", place,
                     readable_number(best.val_loss), 100 * best.val_accuracy);
}

double widest(const std::vector<std::string>& texts, const TextStyle& style) {
  double width = 0;
  for (const std::string& text : texts) width = std::max(width, text_width(text, style));
  return width;
}

void draw_swatch(Canvas& canvas, const RunMark& mark, Point at) {
  const Point ends[] = {at, {at.x + kSample, at.y}};
  canvas.line(ends, {.color = mark.color, .width = 4});
  if (mark.needs_shape()) draw_framed_mark(canvas, mark, {at.x + kSample / 2, at.y}, kBestPoint);
}

}  // namespace

LineStyle training_line(Color color) {
  return {.color = blend(color, palette::kPaper, 0.25), .width = 1.3, .dashes = {5, 3}};
}

LineStyle validation_line(Color color) { return {.color = color, .width = 2}; }

double legend_height(std::size_t runs) { return kRow * static_cast<double>(runs + 1) + kAfterKey; }

void draw_legend(Canvas& canvas, const std::vector<RunCurves>& runs, const Box& box, Across across) {
  draw_key(canvas, runs, {box.x, box.y});
  std::vector<std::string> figures;
  for (const RunCurves& run : runs) figures.push_back(best_text(run, across));
  const double room = box.width - kTextFrom - kGap - widest(figures, kText);
  std::vector<std::string> names;
  for (const RunCurves& run : runs) names.push_back(run.name);
  names = cut_apart(names, 1, [&](std::string_view name, std::string_view ending) {
    return fmt::format("{}{}", shortened(name, kName, room - text_width(ending, kName)), ending);
  });
  const double right_of_names = box.x + kTextFrom + widest(names, kName) + kGap;
  double y = box.y + kRow + kAfterKey;
  for (std::size_t i = 0; i < runs.size(); ++i, y += kRow) {
    draw_swatch(canvas, mark_of_run(i), {box.x, y});
    canvas.text({box.x + kTextFrom, y}, names[i], kName);
    canvas.text({right_of_names, y}, figures[i], kText);
  }
}

}  // namespace lenet::figures
