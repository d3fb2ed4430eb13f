#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/class_names.hpp"
#include "engine/figures/canvas.hpp"

namespace lenet::figures {

struct ConfusionMatrix {
  std::string title;
  /// counts[label][predicted] is a number of images; as many columns as rows.
  std::vector<std::vector<std::int64_t>> counts;
  ClassNames class_names = {};  ///< long ones are cut
};

/// Returns the matrix with its counts. Cells of right predictions are shaded blue by their share of the row,
/// cells of mistakes red by their count relative to the most frequent mistake. Each row ends with its recall,
/// each column with its precision.
Figure confusion_figure(const ConfusionMatrix& matrix);

}  // namespace lenet::figures
