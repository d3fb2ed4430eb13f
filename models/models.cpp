#include "models/models.hpp"

#include <algorithm>
#include <array>

#include "engine/core/error.hpp"
#include "engine/core/text.hpp"

namespace lenet::models {

#define LENET_MODEL(name) Model name(const ModelOptions& options);
#include "models/models.def"
#undef LENET_MODEL

namespace {

struct Entry {
  std::string_view name;
  Model (*build)(const ModelOptions& options);
};

#define LENET_MODEL(name) Entry{#name, name},
constexpr std::array kModels = {
#include "models/models.def"
};
#undef LENET_MODEL

constexpr auto kModelNames = [] {
  std::array<std::string_view, kModels.size()> names;
  std::ranges::transform(kModels, names.begin(), &Entry::name);
  return names;
}();

constexpr std::array<std::string_view, 2> kRecipes = {"keras", "tutorial"};

}  // namespace

std::span<const std::string_view> model_names() { return kModelNames; }
std::span<const std::string_view> recipe_names() { return kRecipes; }

Model make_model(std::string_view name, const ModelOptions& options) {
  if (std::ranges::find(kRecipes, options.recipe) == kRecipes.end())
    throw UsageError(unknown_name("recipe", options.recipe, kRecipes));
  if (options.dropout && !(*options.dropout >= 0.0f && *options.dropout < 1.0f))
    throw UsageError("dropout must be in [0, 1)");
  const auto entry = std::ranges::find(kModels, name, &Entry::name);
  if (entry == kModels.end()) throw UsageError(unknown_name("model", name, kModelNames));
  Model model = entry->build(options);
  model.name = name;
  return model;
}

}  // namespace lenet::models
