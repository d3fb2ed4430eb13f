#include "engine/tensorboard/tensorboard.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "engine/core/file.hpp"
#include "engine/core/thread.hpp"
#include "engine/tensorboard/board_pictures.hpp"
#include "engine/tensorboard/board_summaries.hpp"

namespace lenet::tensorboard {
namespace {

// Shares of the run's time that drawing may take. Above them the confusion matrix, or everything else that is
// drawn, waits for a later evaluation.
constexpr double kMatrixShare = 0.015;
constexpr double kDetailsShare = 0.01;
// The first drawing takes longest, about 20 ms: too long for a run whose first evaluation comes sooner than
// this.
constexpr std::chrono::seconds kShortInterval{2};

/// Data that histograms and pictures are drawn from: copies, because the Program trains on at the same time.
struct Drawing {
  struct Details {
    ObservedValues weights, gradients;
    std::vector<float> first_weights;  ///< of the first layer
    FirstSamples samples;
  };
  const Graph& graph;
  const ClassNames& class_names;
  bool pictures = true;
  std::optional<train::Evaluation> matrix_of;
  std::optional<Details> details;
};

std::vector<Summary> training_parts(const Drawing& drawing) {
  if (!drawing.details) return {};
  std::vector<Summary> parts = histograms(drawing.graph, drawing.details->weights, "");
  std::ranges::move(histograms(drawing.graph, drawing.details->gradients, "_gradient"),
                    std::back_inserter(parts));
  if (drawing.pictures) parts.push_back(filter_picture(drawing.graph, drawing.details->first_weights));
  return parts;
}

std::vector<Summary> validation_parts(const Drawing& drawing) {
  std::vector<Summary> parts;
  if (!drawing.pictures) return parts;
  if (drawing.matrix_of && drawing.matrix_of->validation.count > 0)
    parts.push_back(confusion_picture(*drawing.matrix_of, drawing.class_names));
  if (drawing.details && drawing.details->samples.data.count() > 0)
    parts.push_back(digit_picture(drawing.details->samples, drawing.class_names));
  return parts;
}

}  // namespace

void TensorBoard::on_begin(const train::RunInfo& run, Program& program) {
  run_ = &run;
  began_ = Clock::now();
  seen_ = program.metrics();
  std::vector<std::filesystem::path> earlier = session_files(folder_ / "train");
  std::ranges::move(event_files(folder_), std::back_inserter(earlier));  // of earlier versions
  // The best weights may become others.
  std::ranges::move(event_files_of(folder_ / "train", kTestAccuracyTag), std::back_inserter(earlier));
  open_files();
  session_->write(0, {{"", experiment(run)}, {"", hyperparameters(run)}, configuration(run)});
  if (run.first_step == 0) training_->write(run.model.graph);
  // Only now, so that a run that is killed here still has one session.
  for (const auto& session : earlier) remove_file(session);
}

void TensorBoard::open_files() {
  for (const char* split : {"train", "validation"})
    cut_event_files(folder_ / split,
                    [this](std::int64_t step, std::string_view tag) { return is_kept(step, tag); });
  // In this order: TensorBoard goes from file to file, and stays with the last one while it grows.
  session_.emplace(folder_ / "train");
  training_.emplace(folder_ / "train");
  validation_.emplace(folder_ / "validation");
  for (const auto* file : {&*session_, &*training_, &*validation_}) files_->add(file->file());
}

bool TensorBoard::is_kept(std::int64_t step, std::string_view tag) const {
  const bool of_session = tag == kExperimentTag || tag == kSessionStartTag || tag == kConfigurationTag;
  if (of_session) return true;  // until there is a new session
  if (tag == kSessionEndTag || run_->first_step == 0) return false;
  const bool is_done = tag.starts_with(kSteps) || !run_->first_evaluation_pending;
  return is_done ? step <= run_->first_step : step < run_->first_step;
}

void TensorBoard::on_steps(const train::Progress& progress) {
  write_steps(progress.step, progress.training, progress.images_per_second);
  if (!still_drawing()) write_drawn();
}

void TensorBoard::on_evaluation(const train::Evaluation& evaluation, Program& program) {
  const std::int64_t step = evaluation.step;
  write_steps(evaluation.step, evaluation.training, evaluation.images_per_second);
  seen_ = {};
  training_->write(step, training_scalars(evaluation));
  if (evaluation.validation.count > 0) validation_->write(step, validation_scalars(evaluation));
  if (evaluation.improved()) training_->write(step, best_scalars(evaluation));
  last_ = evaluation;
  matrix_missing_ = details_missing_ = true;
  if (still_drawing()) return;
  write_drawn();
  const bool first = spent_ == Clock::duration::zero();
  const double share = drawing_share();
  const bool soon = first && Clock::now() - began_ < kShortInterval;
  begin_drawing(first || share <= kMatrixShare, !soon && share <= kDetailsShare, program);
}

void TensorBoard::on_end(const train::RunEnd& end, Program& program) {
  if (!training_) return;  // this observer or an earlier one failed as it began
  write_drawn();
  // A stopped run may be resumed, and its session ends only after that.
  if (end.reason == train::RunEnd::Reason::signal) return;
  const bool failed = end.reason == train::RunEnd::Reason::error;
  if (!failed) {
    begin_drawing(matrix_missing_, details_missing_, program);
    write_drawn();
  }
  training_->write(0, {{"", SessionEnd{.success = !failed}}});
}

// Writes the mean loss of the steps since the last point.
void TensorBoard::write_steps(std::int64_t step, const Metrics& training, double images_per_second) {
  const std::int64_t images = training.count - seen_.count;
  if (images <= 0) return;
  const double loss = (training.loss_sum - seen_.loss_sum) / static_cast<double>(images);
  const float rate = at(learning_rate_of(run_->training_options().optimizer), step - 1);
  training_->write(step, step_scalars(loss, images_per_second, static_cast<double>(rate)));
  seen_ = training;
}

double TensorBoard::drawing_share() const {
  return std::chrono::duration<double>(spent_) / std::chrono::duration<double>(Clock::now() - began_);
}

void TensorBoard::begin_drawing(bool matrix, bool details, Program& program) {
  if (!matrix && !details) return;
  const auto start = Clock::now();
  Drawing drawing{.graph = run_->model.graph,
                  .class_names = run_->class_names,
                  .pictures = pictures_,
                  .matrix_of = std::nullopt,
                  .details = std::nullopt};
  if (matrix) drawing.matrix_of = last_;
  if (details)
    drawing.details = {.weights = observed_values(program, Observed::weights),
                       .gradients = observed_values(program, Observed::gradients),
                       .first_weights = program.parameter(run_->model.graph.parameters().front()),
                       .samples = first_samples(run_->validation, program)};
  matrix_missing_ = matrix_missing_ && !matrix;
  details_missing_ = details_missing_ && !details;
  spent_ += Clock::now() - start;
  // If steps use all cores, drawing on another thread would slow them down by more than drawing takes,
  // because the threads of a step wait for one another.
  const bool in_background = !run_->device.on_host;
  auto draw = [step = last_.step, drawing = std::move(drawing)] {
    const auto begun = Clock::now();
    Drawn drawn{.step = step, .training = training_parts(drawing), .validation = validation_parts(drawing)};
    drawn.took = Clock::now() - begun;
    return drawn;
  };
  drawing_ =
      in_background ? async_or_here(std::move(draw)) : std::async(std::launch::deferred, std::move(draw));
  if (!in_background) write_drawn();
}

bool TensorBoard::still_drawing() const {
  return drawing_.valid() && drawing_.wait_for(Clock::duration::zero()) == std::future_status::timeout;
}

void TensorBoard::write_drawn() {
  if (!drawing_.valid()) return;
  const Drawn drawn = drawing_.get();
  if (!drawn.training.empty()) training_->write(drawn.step, drawn.training);
  if (!drawn.validation.empty()) validation_->write(drawn.step, drawn.validation);
  spent_ += drawn.took;
}

}  // namespace lenet::tensorboard
