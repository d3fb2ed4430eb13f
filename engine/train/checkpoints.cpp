#include "engine/train/checkpoints.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/core/sha256.hpp"

namespace lenet::train {
namespace {

constexpr std::chrono::seconds kLongestUnsaved{30};
constexpr int kWritingShare = 20;

io::CheckpointInfo info_of(const RunInfo& run, std::int64_t step, const Metrics& validation) {
  constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  return {.model = run.model.name,
          .recipe = run.model.recipe.name,
          .epoch = run.run_length.epochs_at(step),
          .step = step,
          .val_loss = validation.count ? validation.loss() : kUnknown,
          .val_accuracy = validation.count ? validation.accuracy() : kUnknown,
          .seed = run.training_options().seed,
          .dropout = dropout_rate_of(run.model.graph),
          .validation_count = run.validation.count(),
          .class_names = run.class_names};
}

std::string labels_sha256(const DatasetView& data) { return sha256_hex(std::as_bytes(data.labels)); }

}  // namespace

void BestCheckpoint::on_evaluation(const Evaluation& evaluation, Program& program) {
  if (!evaluation.is_kept()) return;
  const ProgramRange range(program, "checkpoint");
  writer_->write(
      path_, run_->model.graph,
      {.info = info_of(*run_, evaluation.step, evaluation.validation), .parameters = program.parameters()});
}

void BestCheckpoint::on_end(const RunEnd&, Program&) { writer_->wait(); }

void LastCheckpoint::on_begin(const RunInfo& run, Program& program) {
  run_ = &run;
  program_ = &program;
  saved_step_ = run.first_step;
  saved_evaluations_ = run.first_evaluations;
  saved_at_ = Clock::now();
  if (!run.keeps_initial_weights || run.first_step > 0 || run.first_evaluations > 0) return;
  save({});
  writer_->wait();
}

void LastCheckpoint::on_progress(const Progress& progress) {
  if (progress.save_requested || is_due(kLongestUnsaved)) save(progress.state);
}

void LastCheckpoint::on_evaluation(const Evaluation& evaluation, Program&) {
  last_validation_ = evaluation.validation;
  if (is_due({})) save(evaluation.state);
}

void LastCheckpoint::on_end(const RunEnd& end, Program&) {
  // After an error the weights are not worth keeping, and the device may not answer.
  const bool is_saved = end.state.step == saved_step_ && end.state.evaluations == saved_evaluations_;
  if (end.reason != RunEnd::Reason::error && !is_saved) save(end.state);
  writer_->wait();
}

bool LastCheckpoint::is_due(Clock::duration pause) {
  if (!saved_.valid()) return Clock::now() - saved_at_ >= pause;
  if (saved_.wait_for(Clock::duration::zero()) != std::future_status::ready) return false;
  return Clock::now() - saved_at_ >= std::max<Clock::duration>(pause, kWritingShare * saved_.get());
}

void LastCheckpoint::save(const io::RunState& state) {
  const ProgramRange range(*program_, "checkpoint");
  saved_ = writer_->write(path_, run_->model.graph,
                          {.info = info_of(*run_, state.step, last_validation_),
                           .parameters = program_->parameters(),
                           .state = state,
                           .moments = program_->moments(),
                           .labels_sha256 = labels_sha256(run_->training),
                           .settings = run_->settings},
                          [files = files_] { files->sync(); });
  saved_step_ = state.step;
  saved_evaluations_ = state.evaluations;
  saved_at_ = Clock::now();
}

bool was_trained_on(const io::Checkpoint& checkpoint, const DatasetView& training) {
  const std::string& digest = checkpoint.labels_sha256;
  return digest.empty() || digest == labels_sha256(training);
}

io::RunState restore(const io::Checkpoint& checkpoint, Program& program) {
  program.set_parameters(checkpoint.parameters);
  program.set_moments(checkpoint.moments);
  return checkpoint.state.value();
}

}  // namespace lenet::train
