#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/tensorboard/event_file.hpp"
#include "engine/train/observer.hpp"

namespace lenet::tensorboard {

/// Writes event files for TensorBoard: hyperparameters in the run's folder, metrics in train/ and validation/
/// below it.
///
/// Each evaluation writes `epoch_loss`, `epoch_accuracy` and `epoch_learning_rate`, with the names and the
/// steps that Keras uses (0 for the first epoch). Between evaluations, `batch_…` tags are written about every
/// hundred steps; their step is the training step. Histograms and pictures take time: the last evaluation
/// writes them, and so does every earlier one as long as drawing has taken at most a hundredth of the run's
/// time. The confusion matrix has priority: the first evaluation writes it, too, and its limit is
/// one and a half hundredths, so that only the fastest networks have evaluations without it. While a GPU
/// trains, another thread draws, and the result is written when it is ready.
///
/// A resumed run writes new files, and first removes from the old ones the events that it will write again.
class TensorBoard : public train::Observer {
 public:
  /// The open event files are added to `files`. `pictures` is false on a machine that cannot draw them
  /// (figures::drawing_failure()).
  TensorBoard(std::filesystem::path folder, std::shared_ptr<AppendFiles> files, bool pictures = true)
      : folder_(std::move(folder)), files_(std::move(files)), pictures_(pictures) {}

  void on_begin(const train::RunInfo& run, Program& program) override;
  void on_steps(const train::Progress& progress) override;
  void on_evaluation(const train::Evaluation& evaluation, Program& program) override;
  void on_end(const train::RunEnd& end, Program& program) override;

 private:
  using Clock = std::chrono::steady_clock;

  /// Histograms and pictures of an evaluation, ready to be written.
  struct Drawn {
    std::int64_t step = 0;
    std::vector<Summary> training, validation;
    Clock::duration took{};
  };

  void open_files();
  void write_batches(std::int64_t step, const Metrics& training, double images_per_second);
  /// Returns the share of the run's time that histograms and pictures have taken so far.
  double drawing_share() const;
  /// Reads from the Program the data for these parts of the last evaluation, and starts to draw them.
  void begin_drawing(bool matrix, bool details, Program& program);
  bool still_drawing() const;
  /// Waits for the drawing in progress, if there is one, and writes its result.
  void write_drawn();

  std::filesystem::path folder_;
  std::shared_ptr<AppendFiles> files_;
  bool pictures_ = true;
  const train::RunInfo* run_ = nullptr;
  std::optional<EventFile> session_, training_, validation_;
  Metrics seen_;  ///< training sums that the last batch_loss included
  Clock::time_point began_;
  Clock::duration spent_{};  ///< time taken by histograms and pictures
  train::Evaluation last_;
  bool matrix_missing_ = false;   ///< the last evaluation's confusion matrix was not drawn
  bool details_missing_ = false;  ///< the last evaluation's histograms and other pictures were not drawn
  std::future<Drawn> drawing_;
};

}  // namespace lenet::tensorboard
