#include "engine/train/state_check.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace lenet::train {
namespace {

// More than the longest run can have; keeps the arithmetic below within 64 bits.
constexpr std::int64_t kMostSteps = 1'000'000'000'000'000;

/// Returns how many images the first `step` steps of a run train.
std::int64_t images_until(std::int64_t step, const RunInfo& run) {
  const std::int64_t per_epoch = run.run_length.steps_per_epoch;
  const std::int64_t in_epoch = step % per_epoch * run.training_options().batch;
  return step / per_epoch * run.training.count() + std::min(in_epoch, run.training.count());
}

/// Returns whether there can be as many evaluations, and as many images since the last one. At a step that an
/// evaluation follows it may have been done or not: a run can be stopped during an evaluation.
bool is_count_possible(const io::RunState& state, const RunInfo& run) {
  const std::int64_t interval = run.run_length.steps_per_evaluation;
  const std::int64_t full = state.step / interval;
  const bool at_end = state.step % interval == 0 && full > 0;
  const std::int64_t count = state.training.count;
  // Each earlier length of the run may have added an evaluation at its end.
  if (run.run_length.by_steps || interval != run.run_length.steps_per_epoch)
    return state.evaluations >= full - (at_end ? 1 : 0) && state.evaluations <= state.step &&
           count <= images_until(state.step, run) - images_until((full - (at_end ? 1 : 0)) * interval, run);
  const bool is_pending = at_end && state.evaluations == full - 1;
  return (is_pending || state.evaluations == full) &&
         count == images_until(state.step, run) - images_until(state.evaluations * interval, run);
}

bool are_sums_possible(const Metrics& sums) {
  return sums.correct >= 0 && sums.correct <= sums.count && std::isfinite(sums.loss_sum) &&
         sums.loss_sum >= 0 && (sums.count > 0 || sums.loss_sum == 0);
}

bool is_best_possible(const io::RunState& state) {
  // None was best before the first evaluation, or its weights were lost.
  if (state.best_evaluation == 0)
    return state.evaluations_without_progress >= 0 &&
           state.evaluations_without_progress <= state.evaluations && std::isinf(state.best_val_loss) &&
           state.best_val_loss > 0 && state.best_val_accuracy == 0;
  return state.best_evaluation >= 1 && state.best_evaluation <= state.evaluations &&
         state.evaluations_without_progress == state.evaluations - state.best_evaluation &&
         state.best_step >= 0 && state.best_step <= state.step && std::isfinite(state.best_val_loss) &&
         state.best_val_loss >= 0 && state.best_val_accuracy >= 0 && state.best_val_accuracy <= 1;
}

}  // namespace

std::optional<std::string> contradiction_in(const io::RunState& state, const RunInfo& run) {
  if (state.step > kMostSteps || !is_count_possible(state, run))
    return fmt::format("{} evaluations and {} images since then after step {}", state.evaluations,
                       state.training.count, state.step);
  if (!are_sums_possible(state.training))
    return fmt::format("{} of {} images correct, a sum of losses of {}", state.training.correct,
                       state.training.count, state.training.loss_sum);
  if (!is_best_possible(state))
    return fmt::format("evaluation {} of {} as the best one, with a loss of {}, {} evaluations ago",
                       state.best_evaluation, state.evaluations, state.best_val_loss,
                       state.evaluations_without_progress);
  return std::nullopt;
}

}  // namespace lenet::train
