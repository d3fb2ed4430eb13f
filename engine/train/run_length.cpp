#include "engine/train/run_length.hpp"

#include <algorithm>
#include <cmath>

#include "engine/core/rounding.hpp"

namespace lenet::train {

std::int64_t RunLength::next_evaluation(std::int64_t step) const {
  return std::min(total_steps, (step / steps_per_evaluation + 1) * steps_per_evaluation);
}

double RunLength::epochs_at(std::int64_t step) const {
  constexpr double kMillion = 1e6;
  return std::round(kMillion * static_cast<double>(step) / static_cast<double>(steps_per_epoch)) / kMillion;
}

RunLength make_run_length(std::int64_t samples, std::int64_t batch, std::optional<std::int64_t> epochs,
                          std::optional<std::int64_t> steps, std::optional<std::int64_t> evaluate_every) {
  const std::int64_t steps_per_epoch = ceil_divide(samples, batch);
  if (steps)
    return {.steps_per_epoch = steps_per_epoch,
            .total_steps = *steps,
            .steps_per_evaluation = evaluate_every.value_or(kStepsPerEvaluation),
            .by_steps = true};
  return {.steps_per_epoch = steps_per_epoch,
          .total_steps = *epochs * steps_per_epoch,
          .steps_per_evaluation = evaluate_every.value_or(kEpochsPerEvaluation) * steps_per_epoch};
}

}  // namespace lenet::train
