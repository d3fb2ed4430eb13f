#include "engine/train/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <fmt/format.h>

#include "engine/core/clock.hpp"
#include "engine/core/error.hpp"
#include "engine/train/batch_stream.hpp"
#include "engine/train/evaluation.hpp"

namespace lenet::train {
namespace {

// Reading the metrics waits for the device. Five times per second keeps the progress bar lively and costs
// nothing that can be measured.
constexpr std::chrono::milliseconds kProgressInterval{200};
constexpr std::int64_t kStepsShown = 100;
constexpr std::chrono::milliseconds kStepsShownInterval{10};

}  // namespace

RunEnd Trainer::train(const io::RunState& state) {
  state_ = state;
  began_ = interval_began_ = Clock::now();
  images_before_ = state_.training.count;
  trained_ = state_.training.count > 0;
  program_.set_metrics(state_.training);
  if (ResidentSteps* const steps = program_.resident_steps())
    resident_epochs_.emplace(*steps, run_.training.count(), run_.training_options().seed, run_.run_length);
  std::size_t ended = 0;  // observers whose on_end() was called
  try {
    for (const auto& observer : observers_) observer->on_begin(run_, program_);
    run_to_end();
    const RunEnd end = end_of(is_complete() ? RunEnd::Reason::finished : *stop_.reason());
    while (ended < observers_.size()) observers_[ended++]->on_end(end, program_);
    return end;
  } catch (...) {
    notify_of_failure(ended);
    throw;
  }
}

void Trainer::run_to_end() {
  while (!stop_.asked() && !is_complete()) {
    if (is_evaluation_due())
      run_evaluation();
    else
      train_until(run_.run_length.next_evaluation(state_.step));
  }
  state_.training = program_.metrics();
  require_finite(state_.training);
}

bool Trainer::is_evaluation_due() const { return trained_ && run_.run_length.is_evaluated_at(state_.step); }

bool Trainer::is_complete() const {
  return state_.step >= run_.run_length.total_steps && !is_evaluation_due();
}

void Trainer::train_until(std::int64_t target) {
  while (state_.step < target && !stop_.asked()) {
    const ProgramRange range(program_, "epoch");
    if (resident_epochs_)
      train_resident_epoch(target);
    else
      train_epoch(target);
  }
}

void Trainer::train_epoch(std::int64_t target) {
  const std::int64_t steps_per_epoch = run_.run_length.steps_per_epoch;
  BatchStream batches(run_.training,
                      {.batch = run_.training_options().batch,
                       .seed = run_.training_options().seed,
                       .epoch = static_cast<std::uint64_t>(state_.step / steps_per_epoch),
                       .first_batch = state_.step % steps_per_epoch,
                       .by_index = !run_.training_options().resident.empty()},
                      program_.slots());
  for (const HostSlot* batch = nullptr; state_.step < target && (batch = batches.next());) {
    program_.train_step(*batch, state_.step);
    if (!count_steps(1)) return;
  }
}

void Trainer::train_resident_epoch(std::int64_t target) {
  const std::int64_t end = std::min(target, run_.run_length.next_epoch(state_.step));
  while (state_.step < end && count_steps(resident_epochs_->train(state_.step, end))) {
  }
}

bool Trainer::count_steps(std::int64_t steps) {
  const bool are_shown = (state_.step + steps) / kStepsShown > state_.step / kStepsShown;
  state_.step += steps;
  trained_ = true;
  if (stop_.asked()) return false;
  const auto now = Clock::now();
  if (are_shown && now - last_steps_shown_ >= kStepsShownInterval) show_steps();
  if (now - last_progress_ >= kProgressInterval) show_progress();
  return true;
}

void Trainer::run_evaluation() {
  Evaluation evaluation;
  evaluation.epoch = run_.run_length.epochs_at(state_.step);
  evaluation.step = state_.step;
  evaluation.training = program_.metrics();
  evaluation.learning_rate = learning_rate_at(state_.step - 1);
  require_finite(evaluation.training);
  evaluation.images_per_second = training_images_per_second(evaluation.training);
  const auto validation_began = Clock::now();
  const auto validation = evaluate(program_, run_.validation, [this] { return stop_.asked(); });
  if (!validation) return program_.set_metrics(evaluation.training);
  evaluation.validation = *validation;
  evaluation.number = ++state_.evaluations;
  trained_ = false;
  evaluation.seconds = seconds_since(interval_began_);
  evaluation.validation_seconds = seconds_since(validation_began);
  if (evaluation.validation.count > 0) compare_with_best(evaluation);
  state_.training = {};
  evaluation.state = state_;
  for (const auto& observer : observers_) observer->on_evaluation(evaluation, program_);
  interval_began_ = Clock::now();
  last_progress_ = {};
  images_before_ = 0;
}

void Trainer::compare_with_best(Evaluation& evaluation) {
  const double loss = evaluation.validation.loss();
  if (!std::isfinite(loss))
    throw TrainingError(
        fmt::format("the validation loss is not finite after step {}: lower the learning rate, "
                    "now {}",
                    state_.step, evaluation.learning_rate));
  ++state_.evaluations_without_progress;
  if (loss >= state_.best_val_loss) return;
  evaluation.improved_from = state_.best_val_loss;
  state_.best_val_loss = loss;
  state_.best_val_accuracy = evaluation.validation.accuracy();
  state_.best_evaluation = evaluation.number;
  state_.best_step = state_.step;
  state_.evaluations_without_progress = 0;
}

Progress Trainer::progress() {
  state_.training = program_.metrics();
  require_finite(state_.training);
  const std::int64_t target = run_.run_length.next_evaluation(state_.step - 1);
  const std::int64_t start =
      (state_.step - 1) / run_.run_length.steps_per_evaluation * run_.run_length.steps_per_evaluation;
  return {.epoch = (state_.step - 1) / run_.run_length.steps_per_epoch,
          .step = state_.step,
          .step_in_interval = state_.step - start,
          .steps_in_interval = target - start,
          .images_per_second = training_images_per_second(state_.training),
          .training = state_.training,
          .state = state_};
}

void Trainer::show_progress() {
  Progress now = progress();
  now.save_requested = stop_.take_save_request();
  for (const auto& observer : observers_) observer->on_progress(now);
  last_progress_ = Clock::now();
}

void Trainer::show_steps() {
  const Progress now = progress();
  for (const auto& observer : observers_) observer->on_steps(now);
  last_steps_shown_ = Clock::now();
}

void Trainer::require_finite(const Metrics& training) const {
  if (training.first_nonfinite_step < 0) return;
  throw TrainingError(fmt::format(
      "the loss is not finite at step {} (epoch {}): lower the learning rate, now {}",
      training.first_nonfinite_step, training.first_nonfinite_step / run_.run_length.steps_per_epoch + 1,
      learning_rate_at(training.first_nonfinite_step)));
}

double Trainer::training_images_per_second(const Metrics& training) const {
  const double seconds = seconds_since(interval_began_);
  return seconds > 0 ? static_cast<double>(training.count - images_before_) / seconds : 0;
}

// Ignores errors of observers: the user must read the error that stopped the run.
void Trainer::notify_of_failure(std::size_t first) noexcept {
  for (std::size_t i = first; i < observers_.size(); ++i) {
    try {
      observers_[i]->on_end(end_of(RunEnd::Reason::error), program_);
    } catch (const std::exception&) {
    }
  }
}

float Trainer::learning_rate_at(std::int64_t step) const {
  return at(learning_rate_of(run_.training_options().optimizer), step);
}

RunEnd Trainer::end_of(RunEnd::Reason reason) const {
  return {.reason = reason,
          .step = state_.step,
          .seconds = seconds_since(began_),
          .best_val_loss = state_.best_val_loss,
          .best_val_accuracy = state_.best_val_accuracy,
          .best_evaluation = state_.best_evaluation,
          .best_step = state_.best_step,
          .state = state_};
}

}  // namespace lenet::train
