#include <memory>

#include "data/synthetic_digits.hpp"
#include "engine/graph/initializer.hpp"
#include "engine/train/evaluation.hpp"
#include "engine/train/trainer.hpp"
#include "models/models.hpp"
#include "tests/support/backends.hpp"
#include "tests/support/catch.hpp"

using namespace lenet;
using namespace lenet::train;

namespace {

const data::Dataset& digits() {
  static const data::Dataset dataset = data::synthetic_dataset(9000, 2000, 1000, 1);
  return dataset;
}

/// Trains on 8,000 synthetic digits and returns the accuracy on 2,000 others.
double accuracy_after(Backend& backend, const Model& model, const Optimizer& optimizer, std::int64_t epochs) {
  const DatasetView training = digits().training_split();
  const RunInfo run{.model = model,
                    .device = backend.info(),
                    .options = {.training = TrainingOptions{.batch = 50, .optimizer = optimizer, .seed = 1}},
                    .training = training,
                    .validation = digits().validation_split(),
                    .test = digits().test_split(),
                    .run_length = make_run_length(training.count(), 50, epochs, std::nullopt)};
  const auto program = backend.compile(model.graph, run.options);
  program->set_parameters(initial_parameters(model.graph, model.initializer, 1));
  StopRequest stop;
  Trainer(run, *program, stop).train();
  return evaluate(*program, run.test).accuracy();
}

}  // namespace

// The limits are about four standard errors of 2,000 images below the measured accuracies: 0.804, 0.978
// and 0.995. The linear model must be many points below the others, or the digits would be too easy.
TEST_CASE("training on synthetic digits reaches the accuracy that each model is good for",
          "[learning][long]") {
  for (TestBackend& test : available_backends()) {
    INFO(test.name);
    const double linear =
        accuracy_after(*test.backend, models::make_model("regressor"), Sgd{.learning_rate = 0.5f}, 6);
    CHECK(linear >= 0.765);
    CHECK(linear <= 0.9);
    CHECK(accuracy_after(*test.backend, models::make_model("mlp"), Adam{.learning_rate = 1e-3f}, 6) >= 0.96);
    CHECK(accuracy_after(*test.backend, models::make_model("cnn"), Adam{.learning_rate = 1e-3f}, 2) >= 0.98);
  }
}
