#include "engine/train/state_check.hpp"

#include <functional>
#include <limits>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/train/fake_program.hpp"

using namespace lenet;
using namespace lenet::train;

namespace {

/// 50 training images in batches of 8: seven steps per epoch, the last of two images.
struct Watched {
  Model model = models::make_model("regressor");
  data::Samples training = fake_samples(50);
  RunInfo run{.model = model,
              .options = {.training = TrainingOptions{.batch = 8}},
              .training = training.view(),
              .validation = training.view(),
              .run_length = make_run_length(50, 8, 3, std::nullopt)};

  /// After nine steps: one evaluation, then two steps.
  io::RunState state{.step = 9,
                     .evaluations = 1,
                     .best_val_loss = 0.5,
                     .best_val_accuracy = 0.75,
                     .best_evaluation = 1,
                     .training = {.loss_sum = 7.5, .correct = 9, .count = 16}};

  bool is_refused(const std::function<void(io::RunState&)>& change) const {
    io::RunState changed = state;
    change(changed);
    return contradiction_in(changed, run).has_value();
  }
};

}  // namespace

TEST_CASE_METHOD(Watched, "a state that contradicts its run or itself is recognised", "[state_check]") {
  CHECK_FALSE(contradiction_in(state, run));
  CHECK_FALSE(is_refused([](auto& s) {  // its best weights were lost
    s.best_val_loss = std::numeric_limits<double>::infinity();
    s.best_val_accuracy = 0;
    s.best_evaluation = 0;
    s.evaluations_without_progress = 1;
  }));
  const std::vector<std::function<void(io::RunState&)>> lies = {
      [](auto& s) { s.step = 8; },
      [](auto& s) { s.step = 16; },
      [](auto& s) { s.step = std::numeric_limits<std::int64_t>::max(); },
      [](auto& s) { s.evaluations = 0; },
      [](auto& s) { s.evaluations = 2; },
      [](auto& s) { s.evaluations = std::numeric_limits<std::int64_t>::max(); },
      [](auto& s) { s.training.count = 24; },
      [](auto& s) { s.best_step = 10; },
      [](auto& s) { s.best_step = -1; },
      [](auto& s) { s.training.correct = 17; },
      [](auto& s) { s.training.loss_sum = -1; },
      [](auto& s) { s.training.loss_sum = std::numeric_limits<double>::quiet_NaN(); },
      [](auto& s) { s.best_evaluation = 2; },
      [](auto& s) { s.best_evaluation = 0; },
      [](auto& s) { s.evaluations_without_progress = 1; },
      [](auto& s) { s.best_val_loss = std::numeric_limits<double>::infinity(); },
      [](auto& s) { s.best_val_loss = -1; },
      [](auto& s) { s.best_val_accuracy = 1.5; },
  };
  for (std::size_t i = 0; i < lies.size(); ++i) {
    INFO("lie " << i);
    CHECK(is_refused(lies[i]));
  }
}

TEST_CASE_METHOD(Watched, "a state of another batch size is recognised", "[state_check]") {
  run.options.training->batch = 10;
  run.run_length = make_run_length(50, 10, 3, std::nullopt);
  CHECK(contradiction_in(state, run));
}

TEST_CASE_METHOD(Watched, "an evaluation may be done or not when its step is done", "[state_check]") {
  const io::RunState done{.step = 14,
                          .evaluations = 2,
                          .best_val_loss = 0.5,
                          .best_evaluation = 1,
                          .evaluations_without_progress = 1};
  CHECK_FALSE(contradiction_in(done, run));
  io::RunState pending = done;
  pending.evaluations = 1;
  pending.evaluations_without_progress = 0;
  pending.training = {.loss_sum = 20, .correct = 30, .count = 50};
  CHECK_FALSE(contradiction_in(pending, run));
  CHECK_FALSE(contradiction_in(io::RunState{}, run));
}

TEST_CASE_METHOD(Watched, "a run by steps that was made longer has an evaluation at its earlier end",
                 "[state_check]") {
  run.run_length = make_run_length(50, 8, std::nullopt, 3000);
  state.step = 1502;  // evaluations at 1,000 and 1,500, then two steps
  state.evaluations = 2;
  state.evaluations_without_progress = 1;
  CHECK_FALSE(contradiction_in(state, run));
  CHECK(is_refused([](auto& s) { s.evaluations = 0; }));
  CHECK(is_refused([](auto& s) { s.training.count = 8000; }));
}
