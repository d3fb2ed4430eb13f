#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "engine/backend.hpp"
#include "engine/core/dataset_view.hpp"
#include "engine/io/run_state.hpp"

namespace lenet::train {

/// Results of one evaluation during training, which ends an interval of epochs or, in step mode, of steps.
struct Evaluation {
  std::int64_t number = 0;  ///< counts from 1
  double epoch = 0;         ///< epochs done; whole unless the run is counted in steps
  std::int64_t step = 0;    ///< steps done
  Metrics training;         ///< training sums since the last evaluation
  Metrics validation;       ///< of no images if the run has none for validation
  float learning_rate = 0;
  double seconds = 0;             ///< duration of the interval, validation included
  double validation_seconds = 0;  ///< duration of the validation alone
  double images_per_second = 0;   ///< speed of training alone
  /// The best validation loss before this evaluation (infinity at first), if this one is lower; else nullopt.
  std::optional<double> improved_from;
  io::RunState state;  ///< with this evaluation counted and the training sums reset
  bool improved() const { return improved_from.has_value(); }
  /// Returns whether best.bin gets these weights: all, if no validation images choose the best.
  bool is_kept() const { return improved() || validation.count == 0; }
};

/// Returns the loss and the correct predictions of all samples, in the data's order and in the Program's own
/// batch size: the same weights give the same bits, in training and afterwards. Leaves the Program's metrics
/// at zero.
Metrics evaluate(Program& program, const DatasetView& data);

/// Does the same, but returns nullopt as soon as `is_stopped` returns true; it is asked before each batch.
std::optional<Metrics> evaluate(Program& program, const DatasetView& data,
                                const std::function<bool()>& is_stopped);

/// Returns the confusion matrix of an evaluation, one row per label.
std::vector<std::vector<std::int64_t>> confusion_rows(const Metrics& metrics);

}  // namespace lenet::train
