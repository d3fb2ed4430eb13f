#include "engine/cpu/elementwise.hpp"
#include "engine/cpu/op.hpp"

namespace lenet::cpu {
namespace {

/// Max-pooling. oneDNN keeps the argmax of each window, the first one among equals, in a workspace.
class MaxPoolOp : public Op {
 public:
  MaxPoolOp(const BuildContext& build, const Node& node, bool after_relu, const Activation& input)
      : Op(node), input_(input), mask_relu_(after_relu) {
    const std::int64_t size = std::get<MaxPool2d>(node.layer).window;
    const onednn::Dims window{size, size};
    const auto kind =
        build.training ? onednn::prop_kind::forward_training : onednn::prop_kind::forward_inference;
    const onednn::Dims dims{build.batch, node.output[0], node.output[1], node.output[2]};
    const auto forward =
        onednn::max_pool(build.engine, kind, input.value.get_desc(), onednn::any_layout(dims), window);
    result_ = build.activation(forward.dst_desc(), input.wants_gradient());
    forward_arguments_ = {{DNNL_ARG_SRC, input.value}, {DNNL_ARG_DST, result_.value}};
    run_forward_ = dnnl::pooling_forward(forward);
    if (!build.training) return;
    const dnnl::memory workspace = build.scratch(forward.workspace_desc());
    forward_arguments_.emplace(DNNL_ARG_WORKSPACE, workspace);
    if (!input.wants_gradient()) return;
    const auto backward = onednn::max_pool_backward(build.engine, input.gradient.get_desc(),
                                                    result_.gradient.get_desc(), window, forward);
    backward_arguments_ = {{DNNL_ARG_DIFF_DST, result_.gradient},
                           {DNNL_ARG_WORKSPACE, workspace},
                           {DNNL_ARG_DIFF_SRC, input.gradient}};
    run_backward_ = dnnl::pooling_backward(backward);
  }

  const Activation& result() const { return result_; }

  void forward(const StepContext& context) override {
    run_forward_.execute(context.stream, forward_arguments_);
  }

  void backward(const StepContext& context) override {
    if (!input_.wants_gradient()) return;
    // Masks for the ReLU before the pooling: a pooled value is positive exactly if the ReLU's result is
    // positive at the window's argmax.
    if (mask_relu_) relu_backward(result_.gradients(), result_.values(), result_.count());
    run_backward_.execute(context.stream, backward_arguments_);
  }

 private:
  Activation input_, result_;
  bool mask_relu_;
  dnnl::pooling_forward run_forward_;
  dnnl::pooling_backward run_backward_;
  Arguments forward_arguments_, backward_arguments_;
};

}  // namespace

BuiltOp make_max_pool(const BuildContext& build, const Node& node, bool after_relu, const Activation& input) {
  auto op = std::make_unique<MaxPoolOp>(build, node, after_relu, input);
  Activation result = op->result();
  return {std::move(op), std::move(result)};
}

}  // namespace lenet::cpu
