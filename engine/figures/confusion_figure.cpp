#include "engine/figures/confusion_figure.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "engine/core/text.hpp"

namespace lenet::figures {
namespace {

constexpr double kSquare = 46;
constexpr double kLeft = 62;
constexpr double kMatrixTop = 88;
constexpr double kScores = 66;  // room for the column of recalls and the row of precisions
constexpr double kBottom = 16;

struct Totals {
  std::vector<std::int64_t> labelled;   ///< images per label
  std::vector<std::int64_t> predicted;  ///< images per predicted class
  std::int64_t largest_mistake = 0;
};

Totals totals_of(const ConfusionMatrix& matrix) {
  const std::size_t classes = matrix.counts.size();
  Totals totals{std::vector<std::int64_t>(classes), std::vector<std::int64_t>(classes), 0};
  for (std::size_t label = 0; label < classes; ++label)
    for (std::size_t predicted = 0; predicted < classes; ++predicted) {
      const std::int64_t count = matrix.counts[label][predicted];
      totals.labelled[label] += count;
      totals.predicted[predicted] += count;
      if (label != predicted) totals.largest_mistake = std::max(totals.largest_mistake, count);
    }
  return totals;
}

double share(std::int64_t part, std::int64_t whole) {
  return whole ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

Box cell_at(std::size_t row, std::size_t column) {
  return {kLeft + kSquare * static_cast<double>(column), kMatrixTop + kSquare * static_cast<double>(row),
          kSquare, kSquare};
}

void draw_cell(Canvas& canvas, const ConfusionMatrix& matrix, const Totals& totals, std::size_t label,
               std::size_t predicted) {
  const Box cell = cell_at(label, predicted);
  const std::int64_t count = matrix.counts[label][predicted];
  const bool right = label == predicted;
  // The power makes a mistake made once visible next to one made fifty times.
  const double strength = right ? share(count, totals.labelled[label])
                                : 0.75 * std::pow(share(count, totals.largest_mistake), 0.7);
  const bool dark = strength > 0.55;
  canvas.fill(cell, blend(palette::kPaper, right ? palette::kRight : palette::kWrong, strength));
  canvas.frame(cell, {.color = palette::kGrid, .width = 0.75});
  canvas.text(cell.middle(), count ? with_thousands(count) : "·",
              {.size = 11,
               .color = dark ? palette::kPaper : (count ? palette::kInk : palette::kOther),
               .bold = right,
               .align = Align::center});
}

std::string score_text(std::int64_t part, std::int64_t whole) {
  return whole ? fmt::format("{:.1f} %", 100 * share(part, whole)) : "none";
}

void draw_scores(Canvas& canvas, const ConfusionMatrix& matrix, const Totals& totals) {
  const std::size_t classes = matrix.counts.size();
  const TextStyle style{.size = 10, .color = palette::kFaint, .align = Align::center};
  for (std::size_t i = 0; i < classes; ++i) {
    const std::int64_t right = matrix.counts[i][i];
    const Point at_right = cell_at(i, classes).middle();
    canvas.text({at_right.x + 6, at_right.y}, score_text(right, totals.labelled[i]), style);
    const Point below = cell_at(classes, i).middle();
    canvas.text({below.x, below.y - 8}, score_text(right, totals.predicted[i]), style);
  }
}

void draw_labels(Canvas& canvas, std::size_t classes) {
  const TextStyle name{.size = 12, .bold = true, .align = Align::center};
  for (std::size_t i = 0; i < classes; ++i) {
    const Box cell = cell_at(i, i);
    canvas.text({kLeft - 13, cell.middle().y}, fmt::format("{}", i), name);
    canvas.text({cell.middle().x, kMatrixTop - 13}, fmt::format("{}", i), name);
  }
  const double side = kSquare * static_cast<double>(classes);
  const TextStyle axis{.size = 12, .align = Align::center};
  const TextStyle score{.size = 11, .color = palette::kFaint, .align = Align::center};
  TextStyle upwards = axis;
  upwards.upwards = true;
  canvas.text({kLeft + side / 2, kMatrixTop - 34}, "Predicted digit", axis);
  canvas.text({22, kMatrixTop + side / 2}, "Correct digit", upwards);
  canvas.text({kLeft + side + kSquare / 2 + 6, kMatrixTop - 13}, "recall", score);
  canvas.text({kLeft + side / 2, kMatrixTop + side + kSquare - 12}, "precision", score);
}

}  // namespace

Figure confusion_figure(const ConfusionMatrix& matrix) {
  const std::size_t classes = matrix.counts.size();
  const double side = kSquare * static_cast<double>(classes);
  return {{kLeft + side + kScores, kMatrixTop + side + kSquare + kBottom}, [matrix, classes](Canvas& canvas) {
            const Totals totals = totals_of(matrix);
            canvas.text({canvas.size().width / 2, 24}, matrix.title,
                        {.size = 14, .bold = true, .align = Align::center});
            for (std::size_t label = 0; label < classes; ++label)
              for (std::size_t predicted = 0; predicted < classes; ++predicted)
                draw_cell(canvas, matrix, totals, label, predicted);
            draw_labels(canvas, classes);
            draw_scores(canvas, matrix, totals);
          }};
}

}  // namespace lenet::figures
