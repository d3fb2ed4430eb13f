#pragma once

#include <cstdint>
#include <limits>

#include "engine/core/metrics.hpp"

namespace lenet::io {

/// State of a run between two steps. A run resumed from it and from the Program's weights and moments gives
/// the same bits as one that was never stopped.
struct RunState {
  std::int64_t step = 0;         ///< steps done
  std::int64_t evaluations = 0;  ///< evaluations done
  double best_val_loss = std::numeric_limits<double>::infinity();
  double best_val_accuracy = 0;
  std::int64_t best_evaluation = 0;               ///< counts from 1; 0 before the first evaluation
  std::int64_t best_step = 0;                     ///< its step; 0 in files of earlier versions
  std::int64_t evaluations_without_progress = 0;  ///< since the best one
  Metrics training;  ///< training sums since the last evaluation; files keep loss_sum, correct and count
};

}  // namespace lenet::io
