#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "engine/tensorboard/summary.hpp"
#include "engine/train/observer.hpp"

/// Scalars, histograms and texts of a run in TensorBoard.
namespace lenet::tensorboard {

/// Loss, accuracy and learning rate under Keras's tags.
std::vector<Summary> training_scalars(const train::Evaluation& evaluation);
std::vector<Summary> validation_scalars(const train::Evaluation& evaluation);

/// Returns one histogram per parameter, under tags such as "conv1/weight" followed by `suffix`. `values` are
/// in canonical order.
std::vector<Summary> histograms(const Graph& graph, std::span<const float> values, std::string_view suffix);

/// Configuration for the Text tab.
Summary configuration(const train::RunInfo& run);

/// Hyperparameters for the HParams tab, and the metrics by which it compares runs.
SessionStart hyperparameters(const train::RunInfo& run);
Experiment experiment(const train::RunInfo& run);

}  // namespace lenet::tensorboard
