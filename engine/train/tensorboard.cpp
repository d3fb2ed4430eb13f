#include "engine/train/tensorboard.hpp"

#include <string_view>
#include <vector>

#include "engine/train/board_pictures.hpp"
#include "engine/train/board_summaries.hpp"

namespace lenet {
namespace {

// How much of the run's time drawing may take before the confusion matrix, and what else is drawn, wait for
// a later report.
constexpr double kMatrixShare = 0.015;
constexpr double kDetailsShare = 0.01;

// Tags that count steps; all others count reports from 0.
constexpr std::string_view kBatchPrefix = "batch_";

}  // namespace

void TensorBoard::on_begin(const RunInfo& run, Program& program) {
  run_ = &run;
  began_ = Clock::now();
  seen_ = program.metrics();
  open_files();
  session_->write(0, {{"", experiment(run)}, {"", hyperparameters(run)}, configuration(run)});
  if (run.first_step == 0) training_->write(run.model.graph);
}

void TensorBoard::open_files() {
  remove_event_files(folder_);  // the session's, which is told anew
  for (const char* split : {"train", "validation"})
    cut_event_files(folder_ / split, [this](std::int64_t step, std::string_view tag) {
      if (run_->first_step == 0) return false;
      return tag.starts_with(kBatchPrefix) ? step <= run_->first_step : step < run_->first_reports;
    });
  session_.emplace(folder_);
  training_.emplace(folder_ / "train");
  validation_.emplace(folder_ / "validation");
}

void TensorBoard::on_steps(const Progress& progress) {
  write_batches(progress.step, progress.training, progress.images_per_second);
}

void TensorBoard::on_report(const EpochReport& report, Program& program) {
  const std::int64_t step = report.report - 1;
  write_batches(report.step, report.training, report.images_per_second);
  seen_ = {};
  training_->write(step, training_scalars(report));
  validation_->write(step, validation_scalars(report));
  const bool first = spent_ == Clock::duration::zero();
  undrawn_matrix_ = undrawn_details_ = report;
  if (first || drawing_share() <= kMatrixShare) write_matrix();
  if (first || drawing_share() <= kDetailsShare) write_details(program);
}

void TensorBoard::on_end(const RunEnd& end, Program& program) {
  if (!session_) return;  // it was another observer that could not begin
  // A run that was stopped may go on; only then does it end.
  if (end.reason == RunEnd::Reason::signal) return;
  const bool failed = end.reason == RunEnd::Reason::error;
  if (!failed && undrawn_matrix_) write_matrix();
  if (!failed && undrawn_details_) write_details(program);
  session_->write(0, {{"", SessionEnd{.success = !failed}}});
}

/// The mean loss of the steps since the last point.
void TensorBoard::write_batches(std::int64_t step, const Metrics& training, double images_per_second) {
  const std::int64_t images = training.count - seen_.count;
  if (images <= 0) return;
  const double loss = (training.loss_sum - seen_.loss_sum) / static_cast<double>(images);
  training_->write(step,
                   {{"batch_loss", Scalar{loss}}, {"batch_examples_per_second", Scalar{images_per_second}}});
  seen_ = training;
}

double TensorBoard::drawing_share() const {
  return std::chrono::duration<double>(spent_) / std::chrono::duration<double>(Clock::now() - began_);
}

void TensorBoard::write_matrix() {
  const auto start = Clock::now();
  validation_->write(undrawn_matrix_->report - 1, {confusion_picture(*undrawn_matrix_)});
  undrawn_matrix_.reset();
  spent_ += Clock::now() - start;
}

void TensorBoard::write_details(Program& program) {
  const auto start = Clock::now();
  const std::int64_t step = undrawn_details_->report - 1;
  const Graph& graph = run_->model.graph;
  const std::vector<float> parameters = program.parameters();
  training_->write(step, histograms(graph, parameters, ""));
  training_->write(step, histograms(graph, program.gradients(), "_gradient"));
  training_->write(step, {filter_picture(graph, parameters)});
  validation_->write(step, {digit_picture(run_->validation, program)});
  undrawn_details_.reset();
  spent_ += Clock::now() - start;
}

}  // namespace lenet
