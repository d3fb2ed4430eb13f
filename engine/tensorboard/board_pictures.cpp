#include "engine/tensorboard/board_pictures.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <fmt/format.h>
#include <utility>
#include <variant>

#include "engine/core/text.hpp"
#include "engine/figures/confusion_figure.hpp"
#include "engine/figures/digit_choice.hpp"
#include "engine/figures/digit_grid.hpp"
#include "engine/figures/figure.hpp"
#include "engine/figures/filter_grid.hpp"
#include "engine/tensorboard/board_summaries.hpp"
#include "engine/train/evaluation.hpp"

namespace lenet::tensorboard {
namespace {

// TensorBoard's cards are about as wide in pixels as a figure is in points.
constexpr double kPixelsPerPoint = 1;

Picture picture_of(const figures::Raster& raster) {
  return {static_cast<std::int64_t>(raster.width), static_cast<std::int64_t>(raster.height()),
          figures::png_of(raster)};
}

/// Returns the index of the first sample of each class.
std::vector<std::size_t> one_of_each(const DatasetView& data) {
  std::vector<std::size_t> selected;
  for (std::int64_t label = 0; label < data.classes; ++label) {
    const auto found = std::ranges::find(data.labels, static_cast<std::uint8_t>(label));
    if (found != data.labels.end()) selected.push_back(static_cast<std::size_t>(found - data.labels.begin()));
  }
  return selected;
}

}  // namespace

Summary filter_picture(const Graph& graph, std::span<const float> weights) {
  const Parameter& weight = graph.parameters().front();
  const bool convolution = weight.shape.rank() == 4;
  // A unit of a dense layer has one weight per pixel.
  const figures::Filters filters{
      .weights = weights,
      .height = static_cast<std::size_t>(convolution ? weight.shape[2] : graph.input().height),
      .width = static_cast<std::size_t>(convolution ? weight.shape[3] : graph.input().width)};
  return {std::string(kPictures) + "filters", picture_of(figures::filter_grid(filters)),
          "The first layer's weights, blue where positive, red where negative, each filter by its largest."};
}

FirstSamples first_samples(const DatasetView& validation, Program& program) {
  // One evaluation batch: for any other count the device would have to prepare itself first.
  if (validation.count() == 0) return {validation, {}};
  const DatasetView first = validation.subset(0, std::min(program.evaluation_batch(), validation.count()));
  return {first, program.logits(first.pixels)};
}

Summary digit_picture(const FirstSamples& samples, const ClassNames& names) {
  figures::DigitGrid grid{
      .title = names.empty() ? "Digits of the validation set" : "Images of the validation set",
      .class_names = names};
  for (const std::size_t index : one_of_each(samples.data)) {
    const auto sample = static_cast<std::int64_t>(index);
    grid.digits.push_back(figures::prediction_for(samples.data, sample,
                                                  figures::logits_of(samples.data, samples.logits, sample)));
  }
  return {std::string(kPictures) + "digits",
          picture_of(figures::figure_as_pixels(figures::digit_grid_figure(grid), kPixelsPerPoint)),
          fmt::format("One {} of each class, the three likeliest classes below it.", names.sample_noun())};
}

Summary confusion_picture(const train::Evaluation& evaluation, const ClassNames& names) {
  const figures::ConfusionMatrix matrix{
      .title = fmt::format("Validation after {} steps", with_thousands(evaluation.step)),
      .counts = train::confusion_rows(evaluation.validation),
      .class_names = names};
  return {std::string(kPictures) + "confusion",
          picture_of(figures::figure_as_pixels(figures::confusion_figure(matrix), kPixelsPerPoint)),
          fmt::format("How many images of each {} (row) were taken for which (column).", names.class_noun())};
}

}  // namespace lenet::tensorboard
