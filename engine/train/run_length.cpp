#include "engine/train/run_length.hpp"

#include <algorithm>

namespace lenet::train {
namespace {

constexpr std::int64_t kStepsPerEvaluation = 1000;

}  // namespace

std::int64_t RunLength::next_evaluation(std::int64_t step) const {
  return std::min(total_steps, (step / steps_per_evaluation + 1) * steps_per_evaluation);
}

RunLength make_run_length(std::int64_t samples, std::int64_t batch, std::optional<std::int64_t> epochs,
                          std::optional<std::int64_t> steps) {
  const std::int64_t steps_per_epoch = ceil_divide(samples, batch);
  if (steps)
    return {.steps_per_epoch = steps_per_epoch,
            .total_steps = *steps,
            .steps_per_evaluation = kStepsPerEvaluation,
            .by_steps = true};
  return {.steps_per_epoch = steps_per_epoch,
          .total_steps = *epochs * steps_per_epoch,
          .steps_per_evaluation = steps_per_epoch};
}

}  // namespace lenet::train
