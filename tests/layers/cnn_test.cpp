#include <vector>

#include "engine/graph/initializer.hpp"
#include "models/models.hpp"
#include "tests/layers/compare.hpp"
#include "tests/layers/driver.hpp"
#include "tests/reference/draw.hpp"
#include "tests/support/backends.hpp"
#include "tests/support/catch.hpp"

using namespace lenet;
using reference::Batch;
using reference::DropoutKey;

namespace {

/// A model as it begins, one batch of its own size, and what the reference makes of them.
struct Exact {
  Model model;
  std::vector<float> parameters;
  Batch batch;
  reference::Training training;
  reference::Pass evaluation;

  Exact(std::string_view name, std::uint64_t test, DropoutKey dropout) : model(models::make_model(name)) {
    RandomSequence random = reference::random_for(test);
    parameters = initial_parameters(model.graph, model.initializer, test);
    batch = reference::draw_batch_away_from_kinks(model.graph, parameters, model.recipe.batch, random);
    const reference::Values weights = reference::widen(parameters);
    training = reference::train_pass(model.graph, weights, batch.pixels, batch.labels, dropout);
    evaluation = reference::forward(model.graph, weights, batch.pixels);
  }
};

}  // namespace

TEST_CASE("the three models' logits and gradients at full size are the reference's", "[models][long]") {
  constexpr DropoutKey kDropout{.seed = 21, .step = 5};
  for (const std::string_view model_name : models::model_names()) {
    const Exact exact(model_name, 9, kDropout);
    const Graph& graph = exact.model.graph;
    for (auto& [name, backend] : available_backends()) {
      INFO(model_name << " on " << name);
      const CompileOptions options{.training =
                                       TrainingOptions{.batch = exact.batch.count(), .seed = kDropout.seed}};
      check_gradient(graph, exact.training,
                     gradient_of(*backend, graph, options, exact.parameters, exact.batch, kDropout.step));
      Driver driver(*backend, graph, options);
      driver.program().set_parameters(exact.parameters);
      check_logits(graph, exact.parameters, exact.evaluation, driver.program().logits(exact.batch.pixels));
    }
  }
}
