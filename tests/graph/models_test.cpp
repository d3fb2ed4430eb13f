#include "models/models.hpp"

#include <filesystem>
#include <set>
#include <string>

#include "engine/core/error.hpp"
#include "tests/support/catch.hpp"

using namespace lenet;

TEST_CASE("the three models have the tutorial's parameter counts", "[models]") {
  CHECK(models::make_model("regressor").graph.parameter_count() == 7'850);
  CHECK(models::make_model("mlp").graph.parameter_count() == 407'050);
  CHECK(models::make_model("cnn").graph.parameter_count() == 3'274'634);
}

TEST_CASE("every file in models/ is a model in the table", "[models]") {
  std::set<std::string> files;
  for (const auto& file : std::filesystem::directory_iterator(std::string(LENET_SOURCE_DIR) + "/models"))
    if (file.path().extension() == ".cpp") files.insert(file.path().stem().string());
  files.erase("models");
  const auto names = models::model_names();
  CHECK(files == std::set<std::string>(names.begin(), names.end()));
}

TEST_CASE("every model has ten classes, and each recipe counts epochs or steps", "[models]") {
  for (const auto name : models::model_names())
    for (const auto recipe : models::recipe_names()) {
      const Model model = models::make_model(name, {.recipe = recipe});
      CHECK(model.name == name);
      CHECK(model.recipe.name == recipe);
      CHECK(model.graph.classes() == 10);
      CHECK(model.recipe.epochs.has_value() != model.recipe.steps.has_value());
    }
}

TEST_CASE("names and rates that do not exist are refused", "[models]") {
  CHECK_THROWS_WITH(models::make_model("cn"), "unknown model 'cn': did you mean 'cnn'?");
  CHECK_THROWS_AS(models::make_model("cnn", {.recipe = "kers"}), UsageError);
  CHECK_THROWS_AS(models::make_model("cnn", {.dropout = 1.0f}), UsageError);
}
