#include "engine/cpu/elementwise.hpp"

#include "engine/cpu/op.hpp"
#include "engine/cpu/parallel.hpp"
#include "kernels/dropout.hpp"
#include "kernels/relu.hpp"

namespace lenet::cpu {
namespace {

LENET_EVERY_ISA void relu_range(float* values, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) values[i] = kernels::relu(values[i]);
}

LENET_EVERY_ISA void mask_range(float* __restrict gradients, const float* __restrict results,
                                std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) gradients[i] = kernels::relu_gradient(gradients[i], results[i]);
}

LENET_EVERY_ISA void dropout_range(float* values, std::size_t begin, std::size_t end,
                                   const kernels::DropoutMask& mask) {
  for (std::size_t i = begin; i < end; i += 4) {
    const PhiloxWords words = kernels::dropout_words(mask, static_cast<std::uint32_t>(i / 4));
    for (std::size_t lane = 0; lane < std::min<std::size_t>(4, end - i); ++lane)
      values[i + lane] *= kernels::dropout_factor(mask, words.word[lane]);
  }
}

/// Applies values = max(values, 0); NaN stays NaN.
void relu_forward(float* values, std::size_t count) {
  in_parallel(count, [&](std::size_t begin, std::size_t end) { relu_range(values, begin, end); });
}

/// Multiplies element i by its dropout factor: values in the forward pass, gradients in the backward pass.
void apply_dropout(float* values, std::size_t count, const kernels::DropoutMask& mask) {
  in_parallel(count, [&](std::size_t begin, std::size_t end) { dropout_range(values, begin, end, mask); });
}
/// ReLU in place. Overwriting its input is safe: the op before it does not need its own result to go
/// backward.
class ReluOp : public Op {
 public:
  ReluOp(const Node& node, bool forward_done, bool backward_done, const Activation& input)
      : Op(node), values_(input), forward_done_(forward_done), backward_done_(backward_done) {}

  void forward(const StepContext&) override {
    if (!forward_done_) relu_forward(values_.values(), values_.count());
  }
  void backward(const StepContext&) override {
    if (values_.wants_gradient() && !backward_done_)
      relu_backward(values_.gradients(), values_.values(), values_.count());
  }

 private:
  Activation values_;
  bool forward_done_, backward_done_;
};

/// Dropout in place. The mask is defined for rows in C, H, W order: images in another layout are reordered
/// first, and their gradients reordered back.
class DropoutOp : public Op {
 public:
  DropoutOp(const BuildContext& build, const compile::PlacedNode& placed, const Activation& input)
      : Op(placed.node),
        input_(input),
        rate_(std::get<Dropout>(placed.node.layer).rate),
        layer_(static_cast<std::uint32_t>(placed.index)),
        seed_(build.seed),
        training_(build.training) {
    const onednn::Desc plain = onednn::plain_layout(onednn::dims_of(input.value.get_desc()));
    values_ = Reorder(build, input.value, plain);
    result_.value = values_.result();
    if (!input.wants_gradient()) return;
    gradients_ = Reorder::onto(build, input.gradient, plain);
    result_.gradient = gradients_.result();
  }

  const Activation& result() const { return result_; }

  void forward(const StepContext& context) override {
    values_.run(context);
    if (training_) apply_dropout(result_.values(), result_.count(), mask(context));
  }
  void backward(const StepContext& context) override {
    if (!input_.wants_gradient()) return;
    apply_dropout(result_.gradients(), result_.count(), mask(context));
    gradients_.run(context);
  }

 private:
  kernels::DropoutMask mask(const StepContext& context) const {
    return kernels::dropout_mask(seed_, static_cast<std::uint64_t>(context.step), layer_, rate_);
  }

  Activation input_, result_;
  Reorder values_, gradients_;
  float rate_;
  std::uint32_t layer_;
  std::uint64_t seed_;
  bool training_;
};

}  // namespace

void relu_backward(float* gradients, const float* results, std::size_t count) {
  in_parallel(count, [&](std::size_t begin, std::size_t end) { mask_range(gradients, results, begin, end); });
}

BuiltOp make_relu(const Node& node, bool forward_done, bool backward_done, const Activation& input) {
  return {std::make_unique<ReluOp>(node, forward_done, backward_done, input), input};
}

BuiltOp make_dropout(const BuildContext& build, const compile::PlacedNode& placed, const Activation& input) {
  auto op = std::make_unique<DropoutOp>(build, placed, input);
  Activation result = op->result();
  return {std::move(op), std::move(result)};
}

}  // namespace lenet::cpu
