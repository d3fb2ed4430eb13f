#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "engine/backend.hpp"
#include "engine/core/dataset_view.hpp"
#include "engine/graph/recipe.hpp"
#include "engine/io/run_state.hpp"
#include "engine/train/run_length.hpp"

namespace lenet::train {

/// What will run, fixed before the first step.
struct RunInfo {
  const Model& model;
  std::filesystem::path folder;  ///< runs/<model>-<n>; empty if nothing is written
  DeviceInfo device;
  CompileOptions options;  ///< with TrainingOptions
  DatasetView training;
  DatasetView validation;
  DatasetView test;
  RunLength run_length;
  std::int64_t first_step = 0;         ///< steps that a resumed run has behind it
  std::int64_t first_evaluations = 0;  ///< evaluations that it has behind it
  std::string config;                  ///< the resolved configuration as TOML

  const TrainingOptions& training_options() const { return options.training.value(); }
};

/// Where a run is between two evaluations.
struct Progress {
  std::int64_t epoch = 0;  ///< counts from 0
  std::int64_t step = 0;   ///< steps done in the whole run
  std::int64_t step_in_interval = 0;
  std::int64_t steps_in_interval = 0;  ///< how many this interval between two evaluations has
  double images_per_second = 0;
  Metrics training;  ///< of this interval so far
  io::RunState state;
};

/// Results of an epoch (or of 1,000 steps).
struct Evaluation {
  std::int64_t number = 0;  ///< counts from 1: the epoch, or the number of the evaluation in step mode
  std::int64_t epoch = 0;   ///< epochs begun
  std::int64_t step = 0;    ///< steps done
  Metrics training;         ///< of the steps since the last evaluation
  Metrics validation;
  float learning_rate = 0;
  double seconds = 0;            ///< of this interval, validation included
  double images_per_second = 0;  ///< of training alone
  /// Set if the validation loss improved: the best before it (infinity at first).
  std::optional<double> improved_from;
  io::RunState state;  ///< this evaluation counted in, its training sums reset
  bool improved() const { return improved_from.has_value(); }
};

/// How a run ended.
struct RunEnd {
  enum class Reason { finished, early_stop, signal, error };
  Reason reason = Reason::finished;
  std::int64_t step = 0;
  double seconds = 0;
  double best_val_loss = 0;
  double best_val_accuracy = 0;
  std::int64_t best_evaluation = 0;
  io::RunState state;
};

/// Looks on while a Trainer works: console, CSV, TensorBoard, checkpoints. Called in the order in which they
/// were added, between steps, on the trainer's thread. A Program that is passed may be read but not trained.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_begin(const RunInfo&, Program&) {}
  /// A few times a second.
  virtual void on_progress(const Progress&) {}
  /// Every hundred steps; where a hundred take less than ten milliseconds, only so often.
  virtual void on_steps(const Progress&) {}
  virtual void on_evaluation(const Evaluation&, Program&) {}
  virtual void on_end(const RunEnd&, Program&) {}
};

}  // namespace lenet::train
