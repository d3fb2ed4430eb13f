#include "engine/cpu/loops.hpp"
#include "engine/cpu/op.hpp"

namespace lenet::cpu {
namespace {

/// ReLU in place. No op needs its result's old value, so nothing is lost.
class ReluOp : public Op {
 public:
  ReluOp(bool forward_done, bool backward_done, const Activation& input)
      : values_(input), forward_done_(forward_done), backward_done_(backward_done) {}

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

/// Dropout in place over rows in C, H, W order, which is the order that the mask is defined in; images that
/// lie otherwise are copied to that order and their gradients back.
class DropoutOp : public Op {
 public:
  DropoutOp(const BuildContext& build, const Node& node, int layer, const Activation& input)
      : input_(input), rate_(std::get<Dropout>(node.layer).rate), layer_(static_cast<std::uint32_t>(layer)) {
    const onednn::Desc plain = onednn::plain_layout(onednn::dims_of(input.value.get_desc()));
    values_ = Relayout(build, input.value, plain);
    result_.value = values_.result();
    if (!input.wants_gradient()) return;
    gradients_ = Relayout::onto(build, input.gradient, plain);
    result_.gradient = gradients_.result();
  }

  const Activation& result() const { return result_; }

  void forward(const StepContext& context) override {
    values_.run(context);
    if (context.training) apply_dropout(result_.values(), result_.count(), mask(context));
  }
  void backward(const StepContext& context) override {
    if (!input_.wants_gradient()) return;
    apply_dropout(result_.gradients(), result_.count(), mask(context));
    gradients_.run(context);
  }

 private:
  kernels::DropoutMask mask(const StepContext& context) const {
    return kernels::dropout_mask(context.seed, static_cast<std::uint64_t>(context.step), layer_, rate_);
  }

  Activation input_, result_;
  Relayout values_, gradients_;
  float rate_;
  std::uint32_t layer_;
};

}  // namespace

BuiltOp make_relu(bool forward_done, bool backward_done, const Activation& input) {
  return {std::make_unique<ReluOp>(forward_done, backward_done, input), input};
}

BuiltOp make_dropout(const BuildContext& build, const Node& node, int layer, const Activation& input) {
  auto op = std::make_unique<DropoutOp>(build, node, layer, input);
  Activation result = op->result();
  return {std::move(op), std::move(result)};
}

}  // namespace lenet::cpu
