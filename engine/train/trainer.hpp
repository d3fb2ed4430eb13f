#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "engine/backend.hpp"
#include "engine/train/observer.hpp"
#include "engine/train/resident_epochs.hpp"
#include "engine/train/stop_request.hpp"

namespace lenet::train {

/// Trains and evaluates a Program. The Trainer uses no device, file or screen itself: whatever shows or
/// stores something is an Observer.
class Trainer {
 public:
  /// All arguments must outlive the Trainer. `program` was compiled for run.options and holds the initial
  /// weights.
  Trainer(const RunInfo& run, Program& program, StopRequest& stop)
      : run_(run), program_(program), stop_(stop) {}

  void add(std::unique_ptr<Observer> observer) { observers_.push_back(std::move(observer)); }

  /// Trains until the run length is reached or a stop is requested, starting from `state` if the run is
  /// resumed. An evaluation that a stop interrupts is done when the run is resumed. Throws TrainingError if
  /// the loss is not finite, and rethrows errors of the device and of observers; on_end() of each observer is
  /// called once in any case.
  RunEnd train(const io::RunState& state = {});

 private:
  using Clock = std::chrono::steady_clock;

  void run_to_end();
  void train_until(std::int64_t step);
  /// Both train to the end of the epoch, to `target` or until a stop is requested.
  void train_epoch(std::int64_t target);
  void train_resident_epoch(std::int64_t target);
  /// Counts steps that were taken, and shows them if that is due. Returns false if a stop is requested.
  bool count_steps(std::int64_t steps);
  bool is_evaluation_due() const;
  bool is_complete() const;
  void run_evaluation();
  /// Makes the evaluation the best one so far if it is. Throws TrainingError if its loss is not finite.
  void compare_with_best(Evaluation& evaluation);
  Progress progress();
  void show_progress();
  void show_steps();
  void require_finite(const Metrics& training) const;
  double training_images_per_second(const Metrics& training) const;
  /// Calls on_end() of the observers from this one on, with an error as the reason.
  void notify_of_failure(std::size_t first) noexcept;
  float learning_rate_at(std::int64_t step) const;
  RunEnd end_of(RunEnd::Reason reason) const;

  const RunInfo& run_;
  Program& program_;
  StopRequest& stop_;
  std::vector<std::unique_ptr<Observer>> observers_;

  std::optional<ResidentEpochs> resident_epochs_;  ///< if the program finds its batches by itself
  io::RunState state_;
  bool trained_ = false;  ///< since the last evaluation
  Clock::time_point began_;
  Clock::time_point last_progress_;  ///< zero at first, so that the first step of an interval is shown
  Clock::time_point last_steps_shown_;
  /// Start of the interval since the last evaluation, and images trained in it before this process took over.
  Clock::time_point interval_began_;
  std::int64_t images_before_ = 0;
};

}  // namespace lenet::train
