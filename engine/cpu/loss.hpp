#pragma once

#include "engine/core/metrics.hpp"
#include "engine/cpu/op.hpp"

namespace lenet::cpu {

/// Softmax cross-entropy of a graph's result: the last op of a plan.
class LossOp : public Op {
 public:
  LossOp(const BuildContext& build, const Activation& output);

  void add_forward(Stages& stages) override { stages.by_samples<&LossOp::forward>(*this, kSampleGroup); }
  void forward(const StepContext& context, Range samples, Scratch);

  /// Returns the logits of the last step, count × classes.
  std::span<const float> logits(std::int64_t count) const {
    return {logits_.data(), static_cast<std::size_t>(count * classes_)};
  }
  /// Adds the losses and correct predictions of the last step to the metrics; `with_confusion` also counts
  /// labels and predictions. Returns the sum of the losses.
  double add_to(Metrics& metrics, const StepContext& context, bool with_confusion) const;

 private:
  Activation output_;
  std::int64_t classes_;
  std::vector<std::int64_t> offsets_;  ///< of each class in a sample
  Buffer<float> logits_, losses_;
  Buffer<std::int32_t> predictions_;
};

}  // namespace lenet::cpu
