#include "models/models.hpp"

#include "engine/core/error.hpp"
#include "tests/support/catch.hpp"

using namespace lenet;

TEST_CASE("the three models have the tutorial's parameter counts", "[models]") {
  CHECK(regressor().graph.parameter_count() == 7'850);
  CHECK(mlp().graph.parameter_count() == 407'050);
  CHECK(cnn().graph.parameter_count() == 3'274'634);
}

TEST_CASE("every model has ten classes, and each recipe counts epochs or steps", "[models]") {
  for (const auto name : model_names())
    for (const auto recipe : recipe_names()) {
      const Model model = make_model(name, {.recipe = recipe});
      CHECK(model.name == name);
      CHECK(model.recipe.name == recipe);
      CHECK(model.graph.classes() == 10);
      CHECK(model.recipe.epochs.has_value() != model.recipe.steps.has_value());
    }
}

TEST_CASE("names and rates that do not exist are refused", "[models]") {
  CHECK_THROWS_WITH(make_model("cn"), "unknown model 'cn': did you mean 'cnn'?");
  CHECK_THROWS_AS(make_model("cnn", {.recipe = "kers"}), UsageError);
  CHECK_THROWS_AS(make_model("cnn", {.dropout = 1.0f}), UsageError);
}
