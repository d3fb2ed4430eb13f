#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <utility>

#include "engine/io/checkpoint.hpp"
#include "engine/io/checkpoint_writer.hpp"
#include "engine/train/observer.hpp"

namespace lenet::train {

/// Writes best.bin, the weights alone, whenever the validation loss improved. The file is there at the end of
/// the run, and before any last.bin that the same writer is given later.
class BestCheckpoint : public Observer {
 public:
  BestCheckpoint(std::filesystem::path path, std::shared_ptr<io::CheckpointWriter> writer)
      : path_(std::move(path)), writer_(std::move(writer)) {}

  void on_begin(const RunInfo& run, Program&) override { run_ = &run; }
  void on_evaluation(const Evaluation& evaluation, Program& program) override;
  void on_end(const RunEnd& end, Program&) override;

 private:
  std::filesystem::path path_;
  std::shared_ptr<io::CheckpointWriter> writer_;
  const RunInfo* run_ = nullptr;
};

/// Writes last.bin, from which a run can be resumed: with each evaluation, after half a minute within a long
/// one, and when a run is stopped. It keeps the time that writing takes to a twentieth of the run's: where
/// writing takes longer than training (a fast GPU, a slow disk), some evaluations pass without.
class LastCheckpoint : public Observer {
 public:
  LastCheckpoint(std::filesystem::path path, std::shared_ptr<io::CheckpointWriter> writer)
      : path_(std::move(path)), writer_(std::move(writer)) {}

  void on_begin(const RunInfo& run, Program& program) override;
  void on_progress(const Progress& progress) override;
  void on_evaluation(const Evaluation& evaluation, Program& program) override;
  void on_end(const RunEnd& end, Program& program) override;

 private:
  using Clock = std::chrono::steady_clock;

  /// Whether `pause` has passed since the last file, and twenty times what that one took.
  bool is_due(Clock::duration pause);
  void save(const io::RunState& state);

  std::filesystem::path path_;
  std::shared_ptr<io::CheckpointWriter> writer_;
  const RunInfo* run_ = nullptr;
  Program* program_ = nullptr;
  Metrics last_validation_;  ///< the latest that this process has seen
  std::int64_t saved_step_ = -1;
  Clock::time_point saved_at_;
  io::CheckpointWriter::Result saved_;
};

/// Whether the checkpoint's run trained on this data set, judged by its labels; true if the file does not
/// say.
bool was_trained_on(const io::Checkpoint& checkpoint, const DatasetView& training);

/// Puts a checkpoint's weights and moments back into a Program and returns the run's state, which must be
/// set.
io::RunState restore(const io::Checkpoint& checkpoint, Program& program);

}  // namespace lenet::train
