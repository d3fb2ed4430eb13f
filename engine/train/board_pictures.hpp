#pragma once

#include <span>
#include <vector>

#include "engine/io/events/summary.hpp"
#include "engine/train/observer.hpp"

/// The pictures of a run in TensorBoard.
namespace lenet {

/// The first layer's weights as pictures of what they look for.
Summary filter_picture(const Graph& graph, std::span<const float> parameters);

/// Ten digits of the validation set, one of each class as far as there are some near its beginning, and what
/// the Program takes them for.
Summary digit_picture(const DatasetView& validation, Program& program);

/// What the validation set's digits were taken for, all of them.
Summary confusion_picture(const EpochReport& report);

}  // namespace lenet
