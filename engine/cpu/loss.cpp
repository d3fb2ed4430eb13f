#include "engine/cpu/loss.hpp"

#include "kernels/softmax_cross_entropy.hpp"

namespace lenet::cpu {

LossOp::LossOp(const BuildContext& build, const Activation& output)
    : Op("loss"),
      output_(output),
      classes_(output.layout.features()),
      logits_(build.capacity * classes_),
      losses_(build.capacity),
      predictions_(build.capacity) {
  // The result need not be a vector: a graph may end in a flattened image.
  for_each_feature(output.layout, [&](std::int64_t, std::int64_t offset) { offsets_.push_back(offset); });
}

void LossOp::forward(const StepContext& context, Range samples, Scratch) {
  const float scale = 1.0f / static_cast<float>(context.count);
  for (std::int64_t n = samples.begin; n < samples.end; ++n) {
    float* const logits = logits_.data() + n * classes_;
    const float* const values = output_.values_of(n);
    for (std::size_t k = 0; k < offsets_.size(); ++k) logits[k] = values[offsets_[k]];
    if (!context.labels) continue;
    const std::uint8_t label = context.label(n);
    const kernels::RowLoss found = kernels::row_loss(logits, static_cast<std::int32_t>(classes_), label);
    losses_.data()[n] = found.loss;
    predictions_.data()[n] = found.predicted;
    if (!output_.wants_gradient()) continue;
    float* const gradients = output_.gradients_of(n);
    for (std::size_t k = 0; k < offsets_.size(); ++k)
      gradients[offsets_[k]] = kernels::logit_gradient(found, logits[k], k == label, scale);
  }
}

double LossOp::add_to(Metrics& metrics, const StepContext& context, bool with_confusion) const {
  const auto classes = static_cast<std::size_t>(classes_);
  if (with_confusion) metrics.confusion.resize(classes * classes);
  double sum = 0;
  for (std::int64_t n = 0; n < context.count; ++n) {
    const std::uint8_t label = context.label(n);
    const std::int32_t predicted = predictions_.data()[n];
    sum += static_cast<double>(losses_.data()[n]);
    metrics.correct += predicted == label;
    if (with_confusion) ++metrics.confusion[label * classes + static_cast<std::size_t>(predicted)];
  }
  metrics.count += context.count;
  return sum;
}

}  // namespace lenet::cpu
