#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/core/class_names.hpp"
#include "engine/core/dataset_view.hpp"
#include "engine/core/image.hpp"
#include "engine/core/prediction.hpp"
#include "engine/figures/canvas.hpp"

namespace lenet::figures {

/// An image and the classes that a network predicts for it.
struct Prediction {
  Image image = {};                        ///< shape; only the first channel is drawn
  std::vector<std::uint8_t> pixels;        ///< channel by channel and row by row, 255 for ink
  std::string name = {};                   ///< by which a person can find it again: "#1234", "seven.png"
  std::optional<std::int64_t> label = {};  ///< nullopt if unknown
  /// Most probable classes, in falling order, at least one. The last may be the label instead.
  std::vector<ClassProbability> classes;

  /// Returns whether the label is known and differs from the prediction.
  bool is_wrong() const { return label && classes.front().label != *label; }
};

/// Returns an image with its three most probable classes, among them the label if it is known. `logits` are
/// the image's, one per class.
Prediction prediction_for(Prediction image, std::span<const float> logits);

/// Returns one sample of a data set, named by its index, with its classes.
Prediction prediction_for(const DatasetView& data, std::int64_t sample, std::span<const float> logits);

/// Returns the lines of a caption: "Correct: 7  Predicted: 9", or two if classes have names; "Predicted: 9"
/// alone without a label.
std::vector<std::string> caption(const Prediction& prediction, const ClassNames& names);

struct DigitGrid {
  std::string title;
  std::vector<Prediction> digits;
  ClassNames class_names = {};  ///< long ones are cut
};

/// Rows of up to five digits. Above each is its caption, in red if the prediction is wrong; below it are its
/// name and its most probable classes as bars.
Figure digit_grid_figure(const DigitGrid& grid);

}  // namespace lenet::figures
