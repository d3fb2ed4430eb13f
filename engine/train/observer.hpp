#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "engine/backend.hpp"
#include "engine/core/class_names.hpp"
#include "engine/core/dataset_view.hpp"
#include "engine/graph/recipe.hpp"
#include "engine/io/run_state.hpp"
#include "engine/train/evaluation.hpp"
#include "engine/train/run_length.hpp"

namespace lenet::train {

/// Configuration of a run, fixed before its first step.
struct RunInfo {
  const Model& model;
  std::filesystem::path folder;  ///< runs/<model>-<n>; empty if nothing is written
  DeviceInfo device;
  CompileOptions options;  ///< with TrainingOptions
  DatasetView training;
  DatasetView validation;
  DatasetView test;
  ClassNames class_names = {};
  RunLength run_length;
  std::int64_t first_step = 0;         ///< steps done before the run was resumed
  std::int64_t first_evaluations = 0;  ///< evaluations done before the run was resumed
  bool first_evaluation_pending =
      false;  ///< the run was stopped before the evaluation at first_step was done
  /// The initial weights are those of a file, which may change: last.bin has them before the first step.
  bool keeps_initial_weights = false;
  std::string config;                           ///< the resolved configuration as TOML
  std::map<std::string, std::string> settings;  ///< those options that a resumed run cannot change

  const TrainingOptions& training_options() const { return options.training.value(); }
  /// Sets what was done before the run was resumed.
  void resume_from(const io::RunState& state) {
    first_step = state.step;
    first_evaluations = state.evaluations;
    first_evaluation_pending = state.training.count > 0 && run_length.is_evaluated_at(state.step);
  }
};

/// Progress since the last evaluation.
struct Progress {
  std::int64_t epoch = 0;              ///< counts from 0
  std::int64_t step = 0;               ///< steps done in the whole run
  std::int64_t step_in_interval = 0;   ///< steps done since the last evaluation
  std::int64_t steps_in_interval = 0;  ///< steps from the last evaluation to the next
  double images_per_second = 0;
  Metrics training;  ///< training sums since the last evaluation
  io::RunState state;
  bool save_requested = false;  ///< by a signal, see StopRequest; in on_progress() alone
};

/// Outcome of a run.
struct RunEnd {
  enum class Reason { finished, early_stop, signal, error };
  Reason reason = Reason::finished;
  std::int64_t step = 0;
  double seconds = 0;
  double best_val_loss = 0;
  double best_val_accuracy = 0;
  std::int64_t best_evaluation = 0;
  std::int64_t best_step = 0;  ///< 0 if not known
  io::RunState state;
};

/// Callbacks of a Trainer; console, CSV, TensorBoard and checkpoints are observers. The Trainer calls
/// its observers in the order in which they were added, between steps and on its own thread. They may read
/// the Program that they are given, but not train it.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_begin(const RunInfo&, Program&) {}
  /// Called a few times per second.
  virtual void on_progress(const Progress&) {}
  /// Called every hundred steps, but at most once per ten milliseconds.
  virtual void on_steps(const Progress&) {}
  virtual void on_evaluation(const Evaluation&, Program&) {}
  virtual void on_end(const RunEnd&, Program&) {}
};

}  // namespace lenet::train
