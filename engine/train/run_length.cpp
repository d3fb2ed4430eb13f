#include "engine/train/run_length.hpp"

#include <algorithm>

namespace lenet::train {
namespace {

constexpr std::int64_t kStepsPerReport = 1000;

}  // namespace

std::int64_t Schedule::next_report(std::int64_t step) const {
  return std::min(total_steps, (step / steps_per_report + 1) * steps_per_report);
}

Schedule make_schedule(std::int64_t samples, std::int64_t batch, std::optional<std::int64_t> epochs,
                       std::optional<std::int64_t> steps) {
  const std::int64_t steps_per_epoch = ceil_divide(samples, batch);
  if (steps)
    return {.steps_per_epoch = steps_per_epoch,
            .total_steps = *steps,
            .steps_per_report = kStepsPerReport,
            .by_steps = true};
  return {.steps_per_epoch = steps_per_epoch,
          .total_steps = *epochs * steps_per_epoch,
          .steps_per_report = steps_per_epoch};
}

}  // namespace lenet::train
