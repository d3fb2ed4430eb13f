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
constexpr Size kDigitCell{156, 206};
constexpr double kCaption = 20;
constexpr double kPictureSide =
    112;  // longer side of a picture; eight pixels of a PNG per pixel of an MNIST digit
constexpr double kNameLine = 14;
constexpr double kBarPitch = 15;
constexpr std::size_t kBars = 3;

Color bar_color(const Prediction& prediction, const ClassProbability& candidate) {
  const std::int64_t answer = prediction.classes.front().label;
  if (candidate.label == prediction.label.value_or(answer)) return palette::kRight;
  return candidate.label == answer ? palette::kWrong : palette::kOther;
}

/// Draws one class: its name, a bar as long as its probability, the probability as a number.
void draw_bar(Canvas& canvas, const Box& row, const ClassProbability& candidate, Color color) {
  constexpr double kNameSize = 12;
  constexpr double kNumber = 56;
  constexpr double kThickness = 9;
  const double middle = row.middle().y;
  const Box track{row.x + kNameSize, middle - kThickness / 2, row.width - kNameSize - kNumber, kThickness};
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
  const bool wrong = prediction.is_wrong();
  const double middle = cell.middle().x;
  canvas.text(
      {middle, cell.y + kCaption / 2}, caption(prediction),
      {.size = 10, .color = wrong ? palette::kWrong : palette::kInk, .bold = wrong, .align = Align::center});
  const Box picture = picture_box(cell, prediction.image);
  const auto pixels = static_cast<std::size_t>(prediction.image.height * prediction.image.width);
  canvas.image(picture, std::span(prediction.pixels).first(pixels),
               static_cast<std::size_t>(prediction.image.width));
  canvas.frame(picture, {.color = palette::kGrid});
  const double below = cell.y + kCaption + kPictureSide;
  const TextStyle name{.size = 9, .color = palette::kFaint, .align = Align::center};
  canvas.text({middle, below + kNameLine / 2 + 1}, shortened(prediction.name, name, cell.width - 8), name);
  const Point bars{middle - kPictureSide / 2, below + kNameLine + 3};
  for (std::size_t i = 0; i < prediction.classes.size(); ++i) {
    const Box row{bars.x, bars.y + kBarPitch * static_cast<double>(i), kPictureSide, kBarPitch};
    draw_bar(canvas, row, prediction.classes[i], bar_color(prediction, prediction.classes[i]));
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

std::string caption(const Prediction& prediction) {
  const std::int64_t predicted = prediction.classes.front().label;
  if (!prediction.label) return fmt::format("Predicted: {}", predicted);
  return fmt::format("Correct: {}  Predicted: {}", *prediction.label, predicted);
}

Figure digit_grid_figure(const DigitGrid& grid) {
  const TextStyle title{.size = 14, .bold = true, .align = Align::center};
  const std::size_t columns = std::clamp<std::size_t>(grid.digits.size(), 1, kColumns);
  const std::size_t rows = ceil_divide(grid.digits.size(), kColumns);
  const double cells = static_cast<double>(columns) * kDigitCell.width;
  const double width = std::max(cells, std::ceil(text_width(grid.title, title))) + 2 * kGridMargin;
  const Size size{width, kHeader + static_cast<double>(rows) * kDigitCell.height + kGridMargin / 2};
  return {size, [=](Canvas& canvas) {
            canvas.text({width / 2, kHeader / 2}, grid.title, title);
            for (std::size_t i = 0; i < grid.digits.size(); ++i) {
              const auto column = static_cast<double>(i % kColumns);
              const auto row = static_cast<double>(i / kColumns);
              draw_prediction(canvas,
                              {(width - cells) / 2 + column * kDigitCell.width,
                               kHeader + row * kDigitCell.height, kDigitCell.width, kDigitCell.height},
                              grid.digits[i]);
            }
          }};
}

}  // namespace lenet::figures
