#include "engine/train/board_pictures.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <fmt/format.h>
#include <utility>
#include <variant>

#include "engine/core/guess.hpp"
#include "engine/core/text.hpp"
#include "engine/io/confusion_figure.hpp"
#include "engine/io/digit_grid.hpp"
#include "engine/io/filter_grid.hpp"

namespace lenet {
namespace {

// TensorBoard's cards are about as wide as a figure has points.
constexpr double kPixelsPerPoint = 1;
constexpr std::size_t kGuesses = 3;

Picture picture_of(const Raster& raster) {
  return {static_cast<std::int64_t>(raster.width), static_cast<std::int64_t>(raster.height()),
          png_of(raster)};
}

std::span<const std::uint8_t> image(const DatasetView& data, std::size_t index) {
  return data.pixels.subspan(index * kImagePixels, kImagePixels);
}

/// The first of each class among the first `count` samples.
std::vector<std::size_t> one_of_each(const DatasetView& data, std::size_t count) {
  std::vector<std::size_t> chosen;
  for (std::uint8_t digit = 0; digit < kClasses; ++digit) {
    const auto labels = data.labels.first(count);
    const auto found = std::ranges::find(labels, digit);
    if (found != labels.end()) chosen.push_back(static_cast<std::size_t>(found - labels.begin()));
  }
  return chosen;
}

std::vector<std::int64_t> confusion_of(const DatasetView& data, Program& program) {
  constexpr auto kColumns = static_cast<std::size_t>(kClasses);
  std::vector<std::int64_t> counts(kColumns * kColumns);
  const std::vector<float> logits = program.logits(data.pixels);
  for (std::size_t i = 0; i < data.labels.size(); ++i) {
    const auto row = std::span(logits).subspan(i * kColumns, kColumns);
    ++counts[data.labels[i] * kColumns +
             static_cast<std::size_t>(std::ranges::max_element(row) - row.begin())];
  }
  return counts;
}

}  // namespace

Summary filter_picture(const Graph& graph, std::span<const float> parameters) {
  const Parameter& weight = graph.parameters().front();
  const Node& layer = graph.nodes()[static_cast<std::size_t>(weight.layer)];
  const bool convolution = std::holds_alternative<Conv2d>(layer.layer);
  // A unit of a dense layer has a weight for each pixel.
  const Filters filters{
      .weights = parameters.first(static_cast<std::size_t>(weight.count())),
      .height = static_cast<std::size_t>(convolution ? weight.shape[2] : graph.input().height),
      .width = static_cast<std::size_t>(convolution ? weight.shape[3] : graph.input().width)};
  return {layer.name + "/filters", picture_of(filter_grid(filters)),
          "The first layer's weights, blue where positive, red where negative, each filter by its largest."};
}

Summary digit_picture(const DatasetView& validation, Program& program) {
  // As many as in a batch of an evaluation: for other counts the device would have to prepare itself first.
  const auto count = static_cast<std::size_t>(std::min(program.evaluation_batch(), validation.count()));
  const std::vector<float> logits = program.logits(validation.pixels.first(count * kImagePixels));
  DigitGrid grid{.title = "Digits of the validation set"};
  for (const std::size_t index : one_of_each(validation, count)) {
    const auto pixels = image(validation, index);
    const auto row = std::span(logits).subspan(index * kClasses, kClasses);
    grid.digits.push_back({.pixels = {pixels.begin(), pixels.end()},
                           .correct = validation.labels[index],
                           .guesses = best_guesses(row, kGuesses)});
  }
  return {"digits", picture_of(figure_as_pixels(digit_grid_figure(grid), kPixelsPerPoint)),
          "One digit of each class, the three likeliest classes below it."};
}

Summary confusion_picture(const RunInfo& run, const EpochReport& report, Program& program) {
  const std::vector<std::int64_t> counts = report.validation.confusion.empty()
                                               ? confusion_of(run.validation, program)
                                               : report.validation.confusion;
  ConfusionMatrix matrix{.title = fmt::format("Validation after {} steps", with_thousands(report.step))};
  for (auto row = counts.begin(); row != counts.end(); row += kClasses)
    matrix.counts.emplace_back(row, row + kClasses);
  return {"confusion", picture_of(figure_as_pixels(confusion_figure(matrix), kPixelsPerPoint)),
          "How many images of each digit (row) were taken for which (column)."};
}

}  // namespace lenet
