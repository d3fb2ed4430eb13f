#pragma once

#include "engine/backend.hpp"
#include "engine/core/dataset_view.hpp"

namespace lenet::train {

/// Loss and correct predictions of all samples, in the data's order and in the Program's own batch size: the
/// same weights give the same bits, in training and afterwards. Leaves the Program's metrics at zero.
Metrics evaluate(Program& program, const DatasetView& data);

/// The confusion counts of an evaluation as rows, one a label.
std::vector<std::vector<std::int64_t>> confusion_rows(const Metrics& metrics);

}  // namespace lenet::train
