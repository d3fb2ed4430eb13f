#include "engine/figures/digit_grid.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "engine/core/rounding.hpp"

namespace lenet::figures {
namespace {

constexpr std::size_t kColumns = 5;
constexpr std::size_t kImageSide = 28;
constexpr double kMargin = 18;
constexpr double kHeader = 44;
constexpr Size kCell{156, 206};
constexpr double kCaption = 20;
constexpr double kPicture = 112;  // eight pixels of a PNG for one of the digit's
constexpr double kBarPitch = 15;

Color bar_color(const ReadDigit& digit, const ClassProbability& guess) {
  if (guess.label == digit.correct) return palette::kRight;
  return guess.label == digit.guesses.front().label ? palette::kWrong : palette::kOther;
}

/// One class: its name, a bar as long as its probability, the probability as a number.
void draw_bar(Canvas& canvas, const Box& row, const ClassProbability& guess, Color color) {
  constexpr double kName = 12;
  constexpr double kNumber = 56;
  constexpr double kThickness = 9;
  const double middle = row.middle().y;
  const Box track{row.x + kName, middle - kThickness / 2, row.width - kName - kNumber, kThickness};
  canvas.text({row.x, middle}, fmt::format("{}", guess.label), {.size = 10});
  canvas.fill(track, blend(palette::kPaper, palette::kGrid, 0.5));
  canvas.fill({track.x, track.y, track.width * guess.probability, track.height}, color);
  canvas.text({row.right(), middle}, percent_text(guess.probability),
              {.size = 9, .color = palette::kFaint, .align = Align::right});
}

void draw_digit(Canvas& canvas, const Box& cell, const ReadDigit& digit) {
  const bool right = digit.is_right();
  const double middle = cell.middle().x;
  canvas.text(
      {middle, cell.y + kCaption / 2}, caption(digit),
      {.size = 10, .color = right ? palette::kInk : palette::kWrong, .bold = !right, .align = Align::center});
  const Box picture{middle - kPicture / 2, cell.y + kCaption, kPicture, kPicture};
  canvas.image(picture, digit.pixels, kImageSide);
  canvas.frame(picture, {.color = palette::kGrid});
  for (std::size_t i = 0; i < digit.guesses.size(); ++i) {
    const Box row{picture.x, picture.bottom() + 6 + kBarPitch * static_cast<double>(i), kPicture, kBarPitch};
    draw_bar(canvas, row, digit.guesses[i], bar_color(digit, digit.guesses[i]));
  }
}

}  // namespace

ReadDigit read_digit(std::span<const std::uint8_t> pixels, std::int64_t correct,
                     std::span<const float> logits) {
  constexpr std::size_t kGuesses = 3;
  return {
      .pixels = {pixels.begin(), pixels.end()}, .correct = correct, .guesses = most_likely(logits, kGuesses)};
}

std::string caption(const ReadDigit& digit) {
  return fmt::format("Correct: {}  Predicted: {}", digit.correct, digit.guesses.front().label);
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
              draw_digit(
                  canvas,
                  {kMargin + column * kCell.width, kHeader + row * kCell.height, kCell.width, kCell.height},
                  grid.digits[i]);
            }
          }};
}

}  // namespace lenet::figures
