#pragma once

#include "engine/train/observer.hpp"

namespace lenet::train {

/// Warns once of a run whose accuracy is near chance after an epoch: most often its learning rate is too high
/// or too low.
class LearningCheck : public Observer {
 public:
  void on_begin(const RunInfo& run, Program&) override { run_ = &run; }
  void on_evaluation(const Evaluation& evaluation, Program&) override;

 private:
  const RunInfo* run_ = nullptr;
  bool warned_ = false;
};

}  // namespace lenet::train
