#pragma once

#include <span>
#include <vector>

#include "engine/tensorboard/summary.hpp"
#include "engine/train/observer.hpp"

/// The pictures of a run in TensorBoard.
namespace lenet::tensorboard {

/// The first layer's weights as pictures of what they look for.
Summary filter_picture(const Graph& graph, std::span<const float> parameters);

/// The validation set's first samples, among which digit_picture() chooses, and their logits.
struct FirstSamples {
  DatasetView data;
  std::vector<float> logits;
};
FirstSamples first_samples(const DatasetView& validation, Program& program);

/// Ten digits, one of each class as far as there are some, and what they were taken for.
Summary digit_picture(const FirstSamples& samples);

/// What the validation set's digits were taken for, all of them.
Summary confusion_picture(const train::Evaluation& evaluation);

}  // namespace lenet::tensorboard
