#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/core/dataset_view.hpp"
#include "engine/core/image.hpp"
#include "engine/core/prediction.hpp"
#include "engine/figures/canvas.hpp"

namespace lenet::figures {

/// A labelled image and the classes that a network predicts for it.
struct Prediction {
  Image image = {};                  ///< shape; only the first channel is drawn
  std::vector<std::uint8_t> pixels;  ///< channel by channel and row by row, 255 for ink
  std::int64_t label = 0;
  std::vector<ClassProbability> classes;  ///< most probable classes, in falling order; at least one

  bool is_right() const { return classes.front().label == label; }
};

/// Returns one sample of a data set with its three most probable classes. `logits` are the sample's, one per
/// class.
Prediction prediction_for(const DatasetView& data, std::int64_t sample, std::span<const float> logits);

/// "Correct: 7  Predicted: 7"
std::string caption(const Prediction& prediction);

struct DigitGrid {
  std::string title;
  std::vector<Prediction> digits;
};

/// Rows of five digits. Above each is its caption, in red if the prediction is wrong; below it are its most
/// probable classes as bars.
Figure digit_grid_figure(const DigitGrid& grid);

}  // namespace lenet::figures
