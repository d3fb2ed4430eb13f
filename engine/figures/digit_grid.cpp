#include "engine/figures/digit_grid.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "engine/core/rounding.hpp"

namespace lenet::figures {
namespace {

constexpr std::size_t kColumns = 5;
constexpr double kGridMargin = 18;
constexpr double kHeader = 44;
constexpr double kPictureSide =
    112;  // longer side of a picture; eight pixels of a PNG per pixel of an MNIST digit
constexpr double kNameLine = 14;
constexpr double kBarPitch = 15;
constexpr std::size_t kBars = 3;
constexpr double kCaptionPitch = 13;
const TextStyle kBarName{.size = 10};
const TextStyle kCaption{.size = 10, .align = Align::center};
const TextStyle kBoldCaption{.size = 10, .bold = true, .align = Align::center};  // of a mistake

/// The names of classes as they fit.
struct FittingNames {
  ClassNames in_captions;
  ClassNames at_bars;
};

/// Sizes of a cell and its parts.
struct CellLayout {
  Size cell{156, 206};
  double caption = 20;         ///< height of its lines
  double bars = kPictureSide;  ///< width of a line with a bar
  double class_name = 12;      ///< width in front of a bar
};

CellLayout layout_for(const ClassNames& names) {
  if (names.empty()) return {};
  return {.cell = {190, 206 + kCaptionPitch}, .caption = 20 + kCaptionPitch, .bars = 176, .class_name = 76};
}

FittingNames fitting(const ClassNames& names) {
  if (names.empty()) return {};
  const CellLayout layout = layout_for(names);
  const double caption = layout.cell.width - 4 - text_width("Predicted: ", kBoldCaption);
  return {.in_captions = shortened(names, kBoldCaption, caption),
          .at_bars = shortened(names, kBarName, layout.class_name - 4)};
}

Color bar_color(const Prediction& prediction, const ClassProbability& candidate) {
  const std::int64_t answer = prediction.classes.front().label;
  if (candidate.label == prediction.label.value_or(answer)) return palette::kRight;
  return candidate.label == answer ? palette::kWrong : palette::kOther;
}

/// Draws one class: its name, a bar as long as its probability, the probability as a number.
void draw_bar(Canvas& canvas, const Box& row, const std::string& name, double name_room,
              const ClassProbability& candidate, Color color) {
  constexpr double kNumber = 56;
  constexpr double kThickness = 9;
  const double middle = row.middle().y;
  const Box track{row.x + name_room, middle - kThickness / 2, row.width - name_room - kNumber, kThickness};
  canvas.text({row.x, middle}, name, kBarName);
  canvas.fill(track, blend(palette::kPaper, palette::kGrid, 0.5));
  canvas.fill({track.x, track.y, track.width * candidate.probability, track.height}, color);
  canvas.text({row.right(), middle}, percent_text(candidate.probability),
              {.size = 9, .color = palette::kFaint, .align = Align::right});
}

/// The image's box below the caption, with the image's aspect ratio.
Box picture_box(const Box& cell, double caption, const Image& image) {
  const auto columns = static_cast<double>(image.width);
  const auto rows = static_cast<double>(image.height);
  const double scale = kPictureSide / std::max(columns, rows);
  const double width = columns * scale;
  return {cell.middle().x - width / 2, cell.y + caption, width, rows * scale};
}

void draw_caption(Canvas& canvas, const Box& cell, const Prediction& prediction, const ClassNames& names) {
  TextStyle style = prediction.is_wrong() ? kBoldCaption : kCaption;
  if (prediction.is_wrong()) style.color = palette::kWrong;
  Point at{cell.middle().x, cell.y + 10};
  for (const std::string& line : caption(prediction, names)) {
    canvas.text(at, line, style);
    at.y += kCaptionPitch;
  }
}

void draw_prediction(Canvas& canvas, Point corner, const Prediction& prediction, const FittingNames& names) {
  const CellLayout layout = layout_for(names.at_bars);
  const Box cell{corner.x, corner.y, layout.cell.width, layout.cell.height};
  const double middle = cell.middle().x;
  draw_caption(canvas, cell, prediction, names.in_captions);
  const Box picture = picture_box(cell, layout.caption, prediction.image);
  const auto pixels = static_cast<std::size_t>(prediction.image.height * prediction.image.width);
  canvas.image(picture, std::span(prediction.pixels).first(pixels),
               static_cast<std::size_t>(prediction.image.width));
  canvas.frame(picture, {.color = palette::kGrid});
  const double below = cell.y + layout.caption + kPictureSide;
  const TextStyle name{.size = 9, .color = palette::kFaint, .align = Align::center};
  canvas.text({middle, below + kNameLine / 2 + 1}, shortened(prediction.name, name, cell.width - 8), name);
  const Point bars{middle - layout.bars / 2, below + kNameLine + 3};
  for (std::size_t i = 0; i < prediction.classes.size(); ++i) {
    const ClassProbability& candidate = prediction.classes[i];
    const Box row{bars.x, bars.y + kBarPitch * static_cast<double>(i), layout.bars, kBarPitch};
    draw_bar(canvas, row, names.at_bars.of(candidate.label), layout.class_name, candidate,
             bar_color(prediction, candidate));
  }
}

}  // namespace

Prediction prediction_for(Prediction image, std::span<const float> logits) {
  std::vector<ClassProbability> all = most_likely(logits, logits.size());
  const auto shown = static_cast<std::ptrdiff_t>(std::min(kBars, all.size()));
  const auto label = std::ranges::find_if(
      all, [&](const ClassProbability& candidate) { return candidate.label == image.label; });
  if (label != all.end() && label - all.begin() >= shown) all[static_cast<std::size_t>(shown) - 1] = *label;
  all.resize(static_cast<std::size_t>(shown));
  image.classes = std::move(all);
  return image;
}

Prediction prediction_for(const DatasetView& data, std::int64_t sample, std::span<const float> logits) {
  const DatasetView one = data.subset(sample, 1);
  return prediction_for({.image = one.image,
                         .pixels = {one.pixels.begin(), one.pixels.end()},
                         .name = fmt::format("#{}", sample),
                         .label = one.labels.front(),
                         .classes = {}},
                        logits);
}

std::vector<std::string> caption(const Prediction& prediction, const ClassNames& names) {
  const std::string predicted = "Predicted: " + names.of(prediction.classes.front().label);
  if (!prediction.label) return {predicted};
  const std::string correct = "Correct: " + names.of(*prediction.label);
  if (names.empty()) return {correct + "  " + predicted};
  return {correct, predicted};
}

Figure digit_grid_figure(const DigitGrid& grid) {
  const TextStyle title{.size = 14, .bold = true, .align = Align::center};
  const std::size_t columns = std::clamp<std::size_t>(grid.digits.size(), 1, kColumns);
  const std::size_t rows = ceil_divide(grid.digits.size(), kColumns);
  const Size cell = layout_for(grid.class_names).cell;
  const double cells = static_cast<double>(columns) * cell.width;
  const double width = std::max(cells, std::ceil(text_width(grid.title, title))) + 2 * kGridMargin;
  const Size size{width, kHeader + static_cast<double>(rows) * cell.height + kGridMargin / 2};
  const FittingNames names = fitting(grid.class_names);
  return {size, [=](Canvas& canvas) {
            canvas.text({width / 2, kHeader / 2}, grid.title, title);
            for (std::size_t i = 0; i < grid.digits.size(); ++i) {
              const auto column = static_cast<double>(i % kColumns);
              const auto row = static_cast<double>(i / kColumns);
              draw_prediction(canvas,
                              {(width - cells) / 2 + column * cell.width, kHeader + row * cell.height},
                              grid.digits[i], names);
            }
          }};
}

}  // namespace lenet::figures
