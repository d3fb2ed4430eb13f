#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "engine/graph/recipe.hpp"

namespace lenet::models {

/// Options that change a model's graph or recipe.
struct ModelOptions {
  std::string_view recipe = "keras";  ///< or "tutorial"
  std::optional<float> dropout;       ///< rate in [0, 1), for models that have a Dropout layer
};

/// Returns the names of all models, in the order of models.def.
std::span<const std::string_view> model_names();
/// Returns "keras" and "tutorial".
std::span<const std::string_view> recipe_names();
/// Builds a model by its name. Throws UsageError for an unknown model or recipe (suggesting the nearest name)
/// or a dropout rate outside [0, 1).
Model make_model(std::string_view name, const ModelOptions& options = {});

}  // namespace lenet::models
