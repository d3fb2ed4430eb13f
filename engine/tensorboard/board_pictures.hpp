#pragma once

#include <span>
#include <vector>

#include "engine/core/class_names.hpp"
#include "engine/tensorboard/summary.hpp"
#include "engine/train/observer.hpp"

/// Pictures of a run in TensorBoard.
namespace lenet::tensorboard {

/// Draws the weights of the first layer, which are the graph's first parameter, one picture per filter or
/// unit.
Summary filter_picture(const Graph& graph, std::span<const float> weights);

/// First samples of the validation set with their logits; digit_picture() selects from them.
struct FirstSamples {
  DatasetView data;
  std::vector<float> logits;
};
FirstSamples first_samples(const DatasetView& validation, Program& program);

/// Draws the first digit of each class that occurs among the samples, with its predictions.
Summary digit_picture(const FirstSamples& samples, const ClassNames& names);

/// Draws the confusion matrix of the whole validation set.
Summary confusion_picture(const train::Evaluation& evaluation, const ClassNames& names);

}  // namespace lenet::tensorboard
