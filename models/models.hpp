#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "engine/graph/recipe.hpp"

namespace lenet::models {

/// What a user may change in a model before its graph is built.
struct ModelOptions {
  std::string_view recipe = "keras";  ///< or "tutorial"
  std::optional<float> dropout;       ///< rate in [0, 1), for models that have a Dropout layer
};

/// 784 → 10: multinomial logistic regression. 7,850 parameters.
Model regressor(const ModelOptions& options = {});
/// 784 → 512 → 10 with ReLU. 407,050 parameters.
Model mlp(const ModelOptions& options = {});
/// A LeNet after the TensorFlow tutorial "Deep MNIST for Experts". 3,274,634 parameters.
Model cnn(const ModelOptions& options = {});

/// "regressor", "mlp", "cnn".
std::span<const std::string_view> model_names();
/// "keras", "tutorial".
std::span<const std::string_view> recipe_names();
/// Throws UsageError for an unknown model or recipe, and suggests the nearest name.
Model make_model(std::string_view name, const ModelOptions& options = {});

}  // namespace lenet::models
