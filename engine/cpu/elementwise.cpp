#include "engine/cpu/op.hpp"
#include "kernels/dropout.hpp"
#include "kernels/relu.hpp"

namespace lenet::cpu {
namespace {

/// ReLU in place, where no op before it could do it. Overwriting its input is safe: the op before it does not
/// need its own result to go backward.
class ReluOp : public Op {
 public:
  ReluOp(const BuildContext& build, const Node& node, const Activation& values)
      : Op(node.name), kernels_(build.kernels), values_(values) {}

  void add_forward(Stages& stages) override { stages.by_samples<&ReluOp::forward>(*this, kSampleGroup); }
  void add_backward(Stages& stages) override {
    if (values_.wants_gradient()) stages.by_samples<&ReluOp::backward>(*this, kSampleGroup);
  }

  void forward(const StepContext&, Range samples, Scratch) {
    for (std::int64_t n = samples.begin; n < samples.end; ++n) {
      float* const values = values_.values_of(n);
      for (std::int64_t i = 0; i < values_.layout.floats(); ++i) values[i] = kernels::relu(values[i]);
    }
  }
  void backward(const StepContext&, Range samples, Scratch) {
    for (std::int64_t n = samples.begin; n < samples.end; ++n)
      kernels_.relu_backward(values_.gradients_of(n), values_.values_of(n), values_.layout.floats());
  }

 private:
  const Kernels& kernels_;
  Activation values_;
};

/// Dropout in place, in training; nothing in inference.
class DropoutOp : public Op {
 public:
  DropoutOp(const BuildContext& build, const compile::PlacedNode& placed, const Activation& values)
      : Op(placed.node.name),
        kernels_(build.kernels),
        values_(values),
        rate_(std::get<Dropout>(placed.node.layer).rate),
        layer_(static_cast<std::uint32_t>(placed.index)),
        seed_(build.seed) {
    if (build.training) factors_ = Buffer<float>(build.capacity * factors_per_sample());
  }

  void add_forward(Stages& stages) override {
    if (factors_.data()) stages.by_samples<&DropoutOp::forward>(*this, kSampleGroup);
  }
  void add_backward(Stages& stages) override {
    if (values_.wants_gradient()) stages.by_samples<&DropoutOp::backward>(*this, kSampleGroup);
  }

  void forward(const StepContext& context, Range samples, Scratch) {
    const auto mask = kernels::dropout_mask(seed_, static_cast<std::uint64_t>(context.step), layer_, rate_);
    for (std::int64_t n = samples.begin; n < samples.end; ++n) {
      const std::int64_t first = n * values_.layout.features();
      kernels_.dropout_factors(mask, static_cast<std::uint32_t>(first / 4), factors_per_sample() / 4,
                               factors_.data() + n * factors_per_sample());
      multiply(values_.values_of(n), n);
    }
  }
  void backward(const StepContext&, Range samples, Scratch) {
    for (std::int64_t n = samples.begin; n < samples.end; ++n) multiply(values_.gradients_of(n), n);
  }

 private:
  /// Returns the factors in the blocks of four that a sample's features touch. Their first block may also
  /// hold features of the sample before it.
  std::int64_t factors_per_sample() const { return round_up(values_.layout.features() + 3, 4); }

  void multiply(float* values, std::int64_t sample) const {
    const std::int64_t features = values_.layout.features();
    const float* const factors = factors_.data() + sample * factors_per_sample() + sample * features % 4;
    if (features == values_.layout.channels) {  // a vector
      for (std::int64_t i = 0; i < features; ++i) values[i] *= factors[i];
      return;
    }
    for_each_feature(values_.layout,
                     [&](std::int64_t feature, std::int64_t offset) { values[offset] *= factors[feature]; });
  }

  const Kernels& kernels_;
  Activation values_;
  float rate_;
  std::uint32_t layer_;
  std::uint64_t seed_;
  Buffer<float> factors_;
};

}  // namespace

BuiltOp make_relu(const BuildContext& build, const Node& node, const Activation& input) {
  return {std::make_unique<ReluOp>(build, node, input), input};
}

BuiltOp make_dropout(const BuildContext& build, const compile::PlacedNode& placed, const Activation& input) {
  return {std::make_unique<DropoutOp>(build, placed, input), input};
}

}  // namespace lenet::cpu
