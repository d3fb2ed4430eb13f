#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "engine/graph/recipe.hpp"

namespace lenet::models {

/// Options that a user may change in a model before its graph is built.
struct ModelOptions {
  std::string_view recipe = "keras";  ///< or "tutorial"
  std::optional<float> dropout;       ///< rate in [0, 1), for models that have a Dropout layer
};

/// The names in the table of models, models.def.
std::span<const std::string_view> model_names();
/// "keras", "tutorial".
std::span<const std::string_view> recipe_names();
/// Builds the model of that name in the table. Throws UsageError for an unknown model or recipe, and suggests
/// the nearest name.
Model make_model(std::string_view name, const ModelOptions& options = {});

}  // namespace lenet::models
