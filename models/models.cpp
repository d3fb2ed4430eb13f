#include "models/models.hpp"

#include <algorithm>
#include <array>

#include "engine/core/error.hpp"
#include "engine/core/text.hpp"

namespace lenet::models {
namespace {

constexpr std::array<std::string_view, 3> kModels = {"regressor", "mlp", "cnn"};
constexpr std::array<std::string_view, 2> kRecipes = {"keras", "tutorial"};

}  // namespace

std::span<const std::string_view> model_names() { return kModels; }
std::span<const std::string_view> recipe_names() { return kRecipes; }

Model make_model(std::string_view name, const ModelOptions& options) {
  if (std::ranges::find(kRecipes, options.recipe) == kRecipes.end())
    throw UsageError(unknown_name("recipe", options.recipe, kRecipes));
  if (options.dropout && !(*options.dropout >= 0.0f && *options.dropout < 1.0f))
    throw UsageError("dropout must lie in [0, 1)");
  if (name == "regressor") return regressor(options);
  if (name == "mlp") return mlp(options);
  if (name == "cnn") return cnn(options);
  throw UsageError(unknown_name("model", name, kModels));
}

}  // namespace lenet::models
