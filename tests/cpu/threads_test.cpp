#include <cstdint>
#include <vector>

#include "engine/cpu/cpu_backend.hpp"
#include "engine/graph/initializer.hpp"
#include "models/models.hpp"
#include "tests/layers/driver.hpp"
#include "tests/support/catch.hpp"

using namespace lenet;
using reference::Batch;

namespace {

/// What a program makes of some batches: everything that a run keeps.
struct Outcome {
  std::vector<float> parameters, gradients, logits;
  std::vector<std::vector<float>> moments;
  double training_loss = 0, evaluation_loss = 0;

  bool operator==(const Outcome&) const = default;
};

Outcome outcome_of(const Model& model, int threads, std::int64_t batch_size) {
  RandomSequence random = reference::random_for(17);
  const auto backend = cpu::make_backend({.threads = threads});
  Driver driver(*backend, model.graph, {.batch = batch_size, .optimizer = model.recipe.optimizer, .seed = 5});
  Program& program = driver.program();
  program.set_parameters(initial_parameters(model.graph, model.initializer, 3));
  for (std::int64_t step = 0; step < 3; ++step)
    driver.train(reference::draw_batch(model.graph, step < 2 ? batch_size : (batch_size + 1) / 2, random),
                 step);
  Outcome outcome{.parameters = program.parameters(),
                  .gradients = program.gradients(),
                  .moments = program.moments(),
                  .training_loss = program.metrics().loss_sum};
  program.reset_metrics();
  const Batch images = reference::draw_batch(model.graph, 37, random);
  outcome.logits = program.logits(images.pixels);
  driver.evaluate(images);
  outcome.evaluation_loss = program.metrics().loss_sum;
  return outcome;
}

}  // namespace

TEST_CASE("results have the same bits for any number of threads", "[threads]") {
  for (const std::string_view name : models::model_names())
    for (const std::int64_t batch : {1, 6, 50}) {
      const Model model = models::make_model(name);
      const Outcome one = outcome_of(model, 1, batch);
      for (const int threads : {2, 3, 7}) {
        INFO(name << ", batch " << batch << ", " << threads << " threads");
        CHECK(outcome_of(model, threads, batch) == one);
      }
    }
}

TEST_CASE("a batch of a thousand samples trains with the same bits on any number of threads", "[threads]") {
  for (const std::string_view name : {"mlp", "regressor"}) {
    const Model model = models::make_model(name);
    CHECK(outcome_of(model, 3, 1024) == outcome_of(model, 1, 1024));
  }
}
