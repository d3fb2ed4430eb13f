#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <future>
#include <optional>
#include <utility>
#include <vector>

#include "engine/tensorboard/event_file.hpp"
#include "engine/train/observer.hpp"

namespace lenet::tensorboard {

/// Writes what TensorBoard shows of a run: event files in its folder (hyperparameters), in train/ and in
/// validation/ below it.
///
/// Each evaluation gives `epoch_loss`, `epoch_accuracy` and `epoch_learning_rate` under the names and with
/// the steps that Keras has, 0 for the first. Between them `batch_…` come every hundred steps or so, with the
/// steps done. Histograms and pictures cost something: they come with the last evaluation, and with those
/// before as long as they take at most a hundredth of the run's time. The confusion matrix goes before the
/// others, comes with the first evaluation, too, and may take half as much again, so that only the fastest
/// networks have evaluations without. While a GPU trains, another thread draws them, and they are written
/// when it is done.
///
/// A resumed run goes on in new files, and first takes from the old ones what it will write again.
class TensorBoard : public train::Observer {
 public:
  explicit TensorBoard(std::filesystem::path folder) : folder_(std::move(folder)) {}

  void on_begin(const train::RunInfo& run, Program& program) override;
  void on_steps(const train::Progress& progress) override;
  void on_evaluation(const train::Evaluation& evaluation, Program& program) override;
  void on_end(const train::RunEnd& end, Program& program) override;

 private:
  using Clock = std::chrono::steady_clock;

  /// What was drawn for an evaluation, ready to be written.
  struct Drawn {
    std::int64_t step = 0;
    std::vector<Summary> training, validation;
    Clock::duration took{};
  };

  void open_files();
  void write_batches(std::int64_t step, const Metrics& training, double images_per_second);
  /// Of the run's time so far, what went into histograms and pictures.
  double drawing_share() const;
  /// Reads from the Program what it takes to draw these parts for the last evaluation, and begins to draw
  /// them.
  void begin_drawing(bool matrix, bool details, Program& program);
  bool still_drawing() const;
  /// Waits for what is being drawn, if anything is, and writes it.
  void write_drawn();

  std::filesystem::path folder_;
  const train::RunInfo* run_ = nullptr;
  std::optional<EventFile> session_, training_, validation_;
  Metrics seen_;  ///< sums of the interval between evaluations that batch_loss has told of
  Clock::time_point began_;
  Clock::duration spent_{};      ///< on histograms and pictures
  train::Evaluation last_;       ///< the last evaluation
  bool matrix_missing_ = false;  ///< of the last evaluation
  bool details_missing_ = false;
  std::future<Drawn> drawing_;
};

}  // namespace lenet::tensorboard
