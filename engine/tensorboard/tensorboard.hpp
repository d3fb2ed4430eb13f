#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/tensorboard/event_file.hpp"
#include "engine/train/observer.hpp"

namespace lenet::tensorboard {

/// Writes event files for TensorBoard into train/ and validation/ below the run's folder: two of its entries
/// per run. In train/ there are also the hyperparameters, in a file of their own.
///
/// All steps are training steps, as in metrics.csv, whether the run is counted in epochs or in steps. Each
/// evaluation writes `evaluation/loss` and `evaluation/accuracy`. Between evaluations, `steps/…` tags are
/// written about every hundred steps. Histograms and pictures take time: the last evaluation
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
  /// Returns whether an event stays in the files of a resumed run, which will not write it again.
  bool is_kept(std::int64_t step, std::string_view tag) const;
  void write_steps(std::int64_t step, const Metrics& training, double images_per_second);
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
  Metrics seen_;  ///< training sums that the last steps/loss included
  Clock::time_point began_;
  Clock::duration spent_{};  ///< time taken by histograms and pictures
  train::Evaluation last_;
  bool matrix_missing_ = false;   ///< the last evaluation's confusion matrix was not drawn
  bool details_missing_ = false;  ///< the last evaluation's histograms and other pictures were not drawn
  std::future<Drawn> drawing_;
};

}  // namespace lenet::tensorboard
