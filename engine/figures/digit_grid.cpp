#include "engine/figures/digit_grid.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "engine/core/rounding.hpp"

namespace lenet::figures {
namespace {

constexpr std::size_t kColumns = 5;
constexpr double kMargin = 18;
constexpr double kHeader = 44;
constexpr Size kCell{156, 206};
constexpr double kCaption = 20;
constexpr double kPictureSide =
    112;  // longer side of a picture; eight pixels of a PNG per pixel of an MNIST digit
constexpr double kBarPitch = 15;

Color bar_color(const Prediction& prediction, const ClassProbability& candidate) {
  if (candidate.label == prediction.label) return palette::kRight;
  return candidate.label == prediction.classes.front().label ? palette::kWrong : palette::kOther;
}

/// Draws one class: its name, a bar as long as its probability, the probability as a number.
void draw_bar(Canvas& canvas, const Box& row, const ClassProbability& candidate, Color color) {
  constexpr double kName = 12;
  constexpr double kNumber = 56;
  constexpr double kThickness = 9;
  const double middle = row.middle().y;
  const Box track{row.x + kName, middle - kThickness / 2, row.width - kName - kNumber, kThickness};
  canvas.text({row.x, middle}, fmt::format("{}", candidate.label), {.size = 10});
  canvas.fill(track, blend(palette::kPaper, palette::kGrid, 0.5));
  canvas.fill({track.x, track.y, track.width * candidate.probability, track.height}, color);
  canvas.text({row.right(), middle}, percent_text(candidate.probability),
              {.size = 9, .color = palette::kFaint, .align = Align::right});
}

/// The image's box below the caption, with the image's aspect ratio.
Box picture_box(const Box& cell, const Image& image) {
  const auto columns = static_cast<double>(image.width);
  const auto rows = static_cast<double>(image.height);
  const double scale = kPictureSide / std::max(columns, rows);
  const double width = columns * scale;
  return {cell.middle().x - width / 2, cell.y + kCaption, width, rows * scale};
}

void draw_prediction(Canvas& canvas, const Box& cell, const Prediction& prediction) {
  const bool right = prediction.is_right();
  const double middle = cell.middle().x;
  canvas.text(
      {middle, cell.y + kCaption / 2}, caption(prediction),
      {.size = 10, .color = right ? palette::kInk : palette::kWrong, .bold = !right, .align = Align::center});
  const Box picture = picture_box(cell, prediction.image);
  const auto pixels = static_cast<std::size_t>(prediction.image.height * prediction.image.width);
  canvas.image(picture, std::span(prediction.pixels).first(pixels),
               static_cast<std::size_t>(prediction.image.width));
  canvas.frame(picture, {.color = palette::kGrid});
  const Point bars{middle - kPictureSide / 2, cell.y + kCaption + kPictureSide + 6};
  for (std::size_t i = 0; i < prediction.classes.size(); ++i) {
    const Box row{bars.x, bars.y + kBarPitch * static_cast<double>(i), kPictureSide, kBarPitch};
    draw_bar(canvas, row, prediction.classes[i], bar_color(prediction, prediction.classes[i]));
  }
}

}  // namespace

Prediction prediction_for(const DatasetView& data, std::int64_t sample, std::span<const float> logits) {
  constexpr std::size_t kClassesShown = 3;
  const DatasetView one = data.subset(sample, 1);
  return {.image = one.image,
          .pixels = {one.pixels.begin(), one.pixels.end()},
          .label = one.labels.front(),
          .classes = most_likely(logits, kClassesShown)};
}

std::string caption(const Prediction& prediction) {
  return fmt::format("Correct: {}  Predicted: {}", prediction.label, prediction.classes.front().label);
}

Figure digit_grid_figure(const DigitGrid& grid) {
  const std::size_t rows = ceil_divide(grid.digits.size(), kColumns);
  const Size size{2 * kMargin + kColumns * kCell.width,
                  kHeader + static_cast<double>(rows) * kCell.height + kMargin / 2};
  return {size, [grid](Canvas& canvas) {
            canvas.text({canvas.size().width / 2, kHeader / 2}, grid.title,
                        {.size = 14, .bold = true, .align = Align::center});
            for (std::size_t i = 0; i < grid.digits.size(); ++i) {
              const auto column = static_cast<double>(i % kColumns);
              const auto row = static_cast<double>(i / kColumns);
              draw_prediction(
                  canvas,
                  {kMargin + column * kCell.width, kHeader + row * kCell.height, kCell.width, kCell.height},
                  grid.digits[i]);
            }
          }};
}

}  // namespace lenet::figures
