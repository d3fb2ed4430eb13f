#include "engine/train/learning_check.hpp"

#include <cmath>
#include <fmt/format.h>
#include <string>

#include "engine/core/text.hpp"
#include "engine/core/warning.hpp"

namespace lenet::train {
namespace {

// An untrained network is right as often as chance; one that learns is far above twice that. After fewer
// steps than kSteps even a good run can be near chance. So a run that ends before, such as one of few epochs
// of one step each, gets no warning: its accuracy does not show yet whether it learns.
constexpr double kTimesChance = 2;
constexpr std::int64_t kSteps = 100;

/// Returns "epoch 2" or, in a run counted in steps, "step 1,000".
std::string place_of(const Evaluation& evaluation, const RunLength& length) {
  if (length.by_steps) return "step " + with_thousands(evaluation.step);
  return "epoch " + with_thousands(std::llround(evaluation.epoch));
}

}  // namespace

void LearningCheck::on_evaluation(const Evaluation& evaluation, Program&) {
  if (warned_ || evaluation.step < kSteps || evaluation.epoch < 1) return;
  const bool validated = evaluation.validation.count > 0;
  const double accuracy = (validated ? evaluation.validation : evaluation.training).accuracy();
  const double chance = 1.0 / static_cast<double>(run_->training.classes);
  if (accuracy >= kTimesChance * chance) return;
  warned_ = true;
  warn(
      fmt::format("{} {:.4f} after {} is near chance ({:.4f}), so the run does not learn: try another "
                  "learning rate than {}",
                  validated ? "val_accuracy" : "accuracy", accuracy, place_of(evaluation, run_->run_length),
                  chance, evaluation.learning_rate));
}

}  // namespace lenet::train
