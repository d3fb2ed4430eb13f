#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/figures/canvas.hpp"

namespace lenet::figures {

struct ConfusionMatrix {
  std::string title;
  /// counts[correct][predicted]: how many images; as many columns as rows.
  std::vector<std::vector<std::int64_t>> counts;
};

/// The matrix with its counts, right answers shaded blue by their share of the row, mistakes red by how many
/// they are beside the most frequent one; each row's recall at its right, each column's precision below it.
Figure confusion_figure(const ConfusionMatrix& matrix);

}  // namespace lenet::figures
