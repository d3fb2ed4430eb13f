#pragma once

#include <cstdint>
#include <optional>

namespace lenet::train {

/// Length of a run in steps. A step is one batch; the last batch of an epoch may be short.
struct RunLength {
  std::int64_t steps_per_epoch = 0;
  std::int64_t total_steps = 0;
  std::int64_t steps_per_evaluation = 0;  ///< whole epochs unless in step mode
  bool by_steps = false;                  ///< step mode: the user gave a number of steps, not of epochs

  /// Returns the step of the next evaluation after `step`. The last evaluation is at the last step.
  std::int64_t next_evaluation(std::int64_t step) const;
  /// Returns whether there is an evaluation after so many steps.
  bool is_evaluated_at(std::int64_t step) const {
    return step > 0 && (step == total_steps || step % steps_per_evaluation == 0);
  }
  /// Returns the first step of the epoch after that of `step`.
  std::int64_t next_epoch(std::int64_t step) const { return (step / steps_per_epoch + 1) * steps_per_epoch; }
  /// Returns the epochs that are done after so many steps, rounded to six decimals.
  double epochs_at(std::int64_t step) const;
};

/// Epochs or steps between evaluations, unless the user says otherwise.
inline constexpr std::int64_t kEpochsPerEvaluation = 1;
inline constexpr std::int64_t kStepsPerEvaluation = 1000;

/// Requires that exactly one of `epochs` and `steps` is set, and that all given numbers are positive.
/// `evaluate_every` counts epochs or steps, as the run does.
RunLength make_run_length(std::int64_t samples, std::int64_t batch, std::optional<std::int64_t> epochs,
                          std::optional<std::int64_t> steps,
                          std::optional<std::int64_t> evaluate_every = std::nullopt);

}  // namespace lenet::train
