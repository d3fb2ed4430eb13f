#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "engine/tensorboard/summary.hpp"
#include "engine/train/observer.hpp"

/// What a run looks like in TensorBoard.
namespace lenet::tensorboard {

/// The loss, accuracy and learning rate of an epoch under Keras's tags.
std::vector<Summary> training_scalars(const train::Evaluation& evaluation);
std::vector<Summary> validation_scalars(const train::Evaluation& evaluation);

/// A histogram for each parameter: "conv1/weight" and `suffix`. `values` are in canonical order.
std::vector<Summary> histograms(const Graph& graph, std::span<const float> values, std::string_view suffix);

/// The configuration for the Text tab.
Summary configuration(const train::RunInfo& run);

/// What runs differ in, for the HParams tab, and the metrics that it compares them by.
SessionStart hyperparameters(const train::RunInfo& run);
Experiment experiment(const train::RunInfo& run);

}  // namespace lenet::tensorboard
