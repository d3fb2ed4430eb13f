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
constexpr double kDigitRoom = 10;  // width of a digit, for which the margins have room
constexpr double kLongestName = 110;
constexpr double kNameGap = 8;  // between a name and the cells
const TextStyle kNameStyle{.size = 12, .bold = true, .align = Align::center};

/// The matrix to draw, and the position of its first cell.
struct Sheet {
  ConfusionMatrix matrix;
  double left = kLeft;
  double top = kMatrixTop;
  std::vector<std::string> names = {};  ///< of the classes, as they fit

  std::size_t classes() const { return matrix.counts.size(); }
  double side() const { return kSquare * static_cast<double>(classes()); }
  Box cell(std::size_t row, std::size_t column) const {
    return {left + kSquare * static_cast<double>(column), top + kSquare * static_cast<double>(row), kSquare,
            kSquare};
  }
};

/// Names have as much room as the widest needs: to the left of the rows, and above the columns, where they
/// are upright.
Sheet sheet_of(const ConfusionMatrix& matrix) {
  Sheet sheet{.matrix = matrix};
  double room = kDigitRoom;
  const ClassNames names = shortened(matrix.class_names, kNameStyle, kLongestName);
  for (std::size_t i = 0; i < sheet.classes(); ++i) {
    sheet.names.push_back(names.of(static_cast<std::int64_t>(i)));
    if (!names.empty()) room = std::max(room, std::ceil(text_width(sheet.names.back(), kNameStyle)));
  }
  sheet.left += room - kDigitRoom;
  sheet.top += room - kDigitRoom;
  return sheet;
}

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

void draw_cell(Canvas& canvas, const Sheet& sheet, const Totals& totals, std::size_t label,
               std::size_t predicted) {
  const Box cell = sheet.cell(label, predicted);
  const std::int64_t count = sheet.matrix.counts[label][predicted];
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

void draw_scores(Canvas& canvas, const Sheet& sheet, const Totals& totals) {
  const std::size_t classes = sheet.classes();
  const TextStyle style{.size = 10, .color = palette::kFaint, .align = Align::center};
  for (std::size_t i = 0; i < classes; ++i) {
    const std::int64_t right = sheet.matrix.counts[i][i];
    const Point at_right = sheet.cell(i, classes).middle();
    canvas.text({at_right.x + 6, at_right.y}, score_text(right, totals.labelled[i]), style);
    const Point below = sheet.cell(classes, i).middle();
    canvas.text({below.x, below.y - 8}, score_text(right, totals.predicted[i]), style);
  }
}

void draw_names(Canvas& canvas, const Sheet& sheet) {
  const bool are_digits = sheet.matrix.class_names.empty();
  TextStyle before = kNameStyle;
  TextStyle above = kNameStyle;
  before.align = Align::right;
  above.align = Align::left;
  above.upwards = true;
  for (std::size_t i = 0; i < sheet.classes(); ++i) {
    const Point middle = sheet.cell(i, i).middle();
    const std::string& name = sheet.names[i];
    if (are_digits) {
      canvas.text({sheet.left - 13, middle.y}, name, kNameStyle);
      canvas.text({middle.x, sheet.top - 13}, name, kNameStyle);
    } else {
      canvas.text({sheet.left - kNameGap, middle.y}, name, before);
      canvas.text({middle.x, sheet.top - kNameGap}, name, above);
    }
  }
}

void draw_labels(Canvas& canvas, const Sheet& sheet) {
  draw_names(canvas, sheet);
  const char* const noun = sheet.matrix.class_names.class_noun();
  const TextStyle axis{.size = 12, .align = Align::center};
  const TextStyle score{.size = 11, .color = palette::kFaint, .align = Align::center};
  TextStyle upwards = axis;
  upwards.upwards = true;
  const double middle = sheet.side() / 2;
  canvas.text({sheet.left + middle, kMatrixTop - 34}, fmt::format("Predicted {}", noun), axis);
  canvas.text({22, sheet.top + middle}, fmt::format("Correct {}", noun), upwards);
  canvas.text({sheet.left + sheet.side() + kSquare / 2 + 6, sheet.top - 13}, "recall", score);
  canvas.text({sheet.left + middle, sheet.top + sheet.side() + kSquare - 12}, "precision", score);
}

}  // namespace

Figure confusion_figure(const ConfusionMatrix& matrix) {
  const Sheet sheet = sheet_of(matrix);
  const Size size{sheet.left + sheet.side() + kScores, sheet.top + sheet.side() + kSquare + kBottom};
  return {size, [sheet](Canvas& canvas) {
            const Totals totals = totals_of(sheet.matrix);
            canvas.text({canvas.size().width / 2, 24}, sheet.matrix.title,
                        {.size = 14, .bold = true, .align = Align::center});
            for (std::size_t label = 0; label < sheet.classes(); ++label)
              for (std::size_t predicted = 0; predicted < sheet.classes(); ++predicted)
                draw_cell(canvas, sheet, totals, label, predicted);
            draw_labels(canvas, sheet);
            draw_scores(canvas, sheet, totals);
          }};
}

}  // namespace lenet::figures
