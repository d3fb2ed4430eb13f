#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <utility>

#include "engine/core/append_file.hpp"
#include "engine/io/checkpoint.hpp"
#include "engine/io/checkpoint_writer.hpp"
#include "engine/train/observer.hpp"

namespace lenet::train {

/// Writes best.bin, which holds only weights, whenever the validation loss improves, or at each evaluation if
/// there are no validation images. The file is complete at the end of the run, and before any last.bin that
/// the same writer gets later.
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

/// Writes last.bin, from which a run can be resumed: at each evaluation, every half minute between
/// evaluations, when a signal asks for it, and when a run is stopped; also before the first step if
/// RunInfo::keeps_initial_weights. Writing takes at most a twentieth of
/// the run's time: if it takes longer than training (a fast GPU, a slow disk), some evaluations write no
/// file. Before a file replaces the last one, the `files` that the run appends to are flushed to the disk:
/// they hold what a resumed run does not write again.
class LastCheckpoint : public Observer {
 public:
  LastCheckpoint(std::filesystem::path path, std::shared_ptr<io::CheckpointWriter> writer,
                 std::shared_ptr<const AppendFiles> files)
      : path_(std::move(path)), writer_(std::move(writer)), files_(std::move(files)) {}

  void on_begin(const RunInfo& run, Program& program) override;
  void on_progress(const Progress& progress) override;
  void on_evaluation(const Evaluation& evaluation, Program& program) override;
  void on_end(const RunEnd& end, Program& program) override;

 private:
  using Clock = std::chrono::steady_clock;

  /// Returns whether the last file is older than `pause` and than twenty times the time that writing it took.
  bool is_due(Clock::duration pause);
  void save(const io::RunState& state);

  std::filesystem::path path_;
  std::shared_ptr<io::CheckpointWriter> writer_;
  std::shared_ptr<const AppendFiles> files_;
  const RunInfo* run_ = nullptr;
  Program* program_ = nullptr;
  Metrics last_validation_;  ///< of the last evaluation in this process; empty before it
  std::int64_t saved_step_ = -1;
  std::int64_t saved_evaluations_ = -1;
  Clock::time_point saved_at_;
  io::CheckpointWriter::Result saved_;
};

/// Returns whether the checkpoint's run trained on this data set, judged by its labels; true if the file does
/// not say.
bool was_trained_on(const io::Checkpoint& checkpoint, const DatasetView& training);

/// Puts a checkpoint's weights and moments back into a Program and returns the run's state, which must be
/// set.
io::RunState restore(const io::Checkpoint& checkpoint, Program& program);

}  // namespace lenet::train
