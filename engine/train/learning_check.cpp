#include "engine/train/learning_check.hpp"

#include <fmt/format.h>

#include "engine/core/warning.hpp"

namespace lenet::train {
namespace {

// An untrained network is right as often as chance; one that learns is far above twice that. After fewer
// steps than these, even a good run can be near chance.
constexpr double kTimesChance = 2;
constexpr std::int64_t kSteps = 100;

}  // namespace

void LearningCheck::on_evaluation(const Evaluation& evaluation, Program&) {
  if (warned_ || evaluation.step < kSteps || evaluation.epoch < 1) return;
  const bool validated = evaluation.validation.count > 0;
  const double accuracy = (validated ? evaluation.validation : evaluation.training).accuracy();
  const double chance = 1.0 / static_cast<double>(run_->training.classes);
  if (accuracy >= kTimesChance * chance) return;
  warned_ = true;
  warn(fmt::format(
      "{} {:.4f} after step {} is near chance, which is {:.4f}: the run does not learn: try "
      "another learning rate, now {}",
      validated ? "val_accuracy" : "accuracy", accuracy, evaluation.step, chance, evaluation.learning_rate));
}

}  // namespace lenet::train
