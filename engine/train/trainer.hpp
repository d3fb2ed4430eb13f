#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/backend.hpp"
#include "engine/train/observer.hpp"
#include "engine/train/stop_request.hpp"

namespace lenet::train {

/// Trains a Program: batches in, evaluations out. It knows no device, no file and no screen; whoever wants to
/// see or keep something is an Observer.
class Trainer {
 public:
  /// All of them must outlive the Trainer. `program` was compiled for run.options and holds the weights to
  /// begin with.
  Trainer(const RunInfo& run, Program& program, StopRequest& stop)
      : run_(run), program_(program), stop_(stop) {}

  void add(std::unique_ptr<Observer> observer) { observers_.push_back(std::move(observer)); }

  /// Runs until the run is as long as planned or someone asks to stop; from `state` on, if the run is
  /// resumed. Throws TrainingError when the loss is not finite, and whatever the device or an observer
  /// throws; the observers hear of the end in any case.
  RunEnd train(const io::RunState& state = {});

 private:
  using Clock = std::chrono::steady_clock;

  void run_to_end();
  void train_until(std::int64_t step);
  void run_evaluation();
  Progress progress();
  void show_progress();
  void show_steps();
  void require_finite(const Metrics& training) const;
  double training_images_per_second(const Metrics& training) const;
  void tell_of_failure() noexcept;
  float learning_rate_at(std::int64_t step) const;
  RunEnd end_of(RunEnd::Reason reason) const;

  const RunInfo& run_;
  Program& program_;
  StopRequest& stop_;
  std::vector<std::unique_ptr<Observer>> observers_;

  io::RunState state_;
  Clock::time_point began_;
  Clock::time_point last_progress_;  ///< long ago at first, so that an interval's first step is shown
  Clock::time_point last_steps_shown_;
  /// Of the running interval, and only of what this process did of it.
  Clock::time_point interval_began_;
  std::int64_t images_before_ = 0;
};

}  // namespace lenet::train
