#pragma once

#include <cstdint>
#include <optional>

#include "engine/core/rounding.hpp"

namespace lenet::train {

/// Length of a run in steps. A step is one batch; the last batch of an epoch may be short.
struct RunLength {
  std::int64_t steps_per_epoch = 0;
  std::int64_t total_steps = 0;
  std::int64_t steps_per_evaluation = 0;  ///< an epoch, or 1,000 in step mode
  bool by_steps = false;                  ///< step mode: the user gave a number of steps, not of epochs

  /// Returns the step of the next evaluation after `step`. The last evaluation is at the last step.
  std::int64_t next_evaluation(std::int64_t step) const;
  /// Returns whether there is an evaluation after so many steps.
  bool is_evaluated_at(std::int64_t step) const {
    return step > 0 && (step == total_steps || step % steps_per_evaluation == 0);
  }
  std::int64_t epochs_begun(std::int64_t step) const { return ceil_divide(step, steps_per_epoch); }
};

/// Requires that exactly one of `epochs` and `steps` is set, and that all given numbers are positive.
RunLength make_run_length(std::int64_t samples, std::int64_t batch, std::optional<std::int64_t> epochs,
                          std::optional<std::int64_t> steps);

}  // namespace lenet::train
