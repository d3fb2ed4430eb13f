#pragma once

#include <cstdint>

#include "engine/train/observer.hpp"
#include "engine/train/stop_request.hpp"

namespace lenet::train {

/// Ends a run after `patience` evaluations in a row that did not lower the validation loss.
class EarlyStop : public Observer {
 public:
  EarlyStop(std::int64_t patience, StopRequest& stop) : patience_(patience), stop_(stop) {}

  void on_evaluation(const Evaluation& evaluation, Program&) override {
    if (evaluation.state.evaluations_without_progress >= patience_) stop_.ask(RunEnd::Reason::early_stop);
  }

 private:
  std::int64_t patience_;
  StopRequest& stop_;
};

}  // namespace lenet::train
