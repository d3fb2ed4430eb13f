#include "engine/cpu/op.hpp"

namespace lenet::cpu {
namespace {

using onednn::any_layout;
using onednn::Desc;
using onednn::Dims;
constexpr auto kDirect = dnnl::algorithm::convolution_direct;

struct ConvShapes {
  Dims source, weights, bias, result, strides, padding;
};

ConvShapes shapes_of(const BuildContext& build, const Node& node) {
  const auto& conv = std::get<Conv2d>(node.layer);
  const std::int64_t margin = conv.padding == Padding::same ? conv.kernel / 2 : 0;
  return {.source = {build.batch, node.input[0], node.input[1], node.input[2]},
          .weights = {conv.filters, node.input[0], conv.kernel, conv.kernel},
          .bias = {conv.filters},
          .result = {build.batch, node.output[0], node.output[1], node.output[2]},
          .strides = {1, 1},
          .padding = {margin, margin}};
}

/// Convolution with its bias and, if the graph has one behind it, its ReLU.
class ConvOp : public Op {
 public:
  ConvOp(const BuildContext& build, const Node& node, bool fuse_relu, const Activation& input)
      : weight_(node.weight), bias_(node.bias), input_(input), shapes_(shapes_of(build, node)) {
    const auto kind =
        build.training ? onednn::prop_kind::forward_training : onednn::prop_kind::forward_inference;
    forward_ = onednn::describe<dnnl::convolution_forward>(
        build.engine, onednn::with_relu(fuse_relu), kind, kDirect, any_layout(shapes_.source),
        any_layout(shapes_.weights), onednn::plain_layout(shapes_.bias), any_layout(shapes_.result),
        shapes_.strides, shapes_.padding, shapes_.padding);
    result_ = build.activation(forward_.dst_desc(), true);
    if (build.training) describe_backward(build);
  }

  const Activation& result() const { return result_; }

  void bind(const BuildContext& build, Parameters& parameters) override {
    parameters_ = &parameters;
    const auto& weights = parameters.memory(Parameters::weights, weight_);
    source_ = Relayout(build, input_.value, forward_.src_desc());
    weights_ = Relayout(build, weights, forward_.weights_desc());
    forward_arguments_ = {{DNNL_ARG_SRC, source_.result()},
                          {DNNL_ARG_WEIGHTS, weights_.result()},
                          {DNNL_ARG_BIAS, parameters.memory(Parameters::weights, bias_)},
                          {DNNL_ARG_DST, result_.value}};
    run_forward_ = dnnl::convolution_forward(forward_);
    if (!build.training) return;

    source_for_weights_ = Relayout(build, input_.value, by_weights_.src_desc());
    gradient_for_weights_ = Relayout(build, result_.gradient, by_weights_.diff_dst_desc());
    weight_gradient_ = Relayout::onto(build, parameters.memory(Parameters::gradients, weight_),
                                      by_weights_.diff_weights_desc());
    by_weights_arguments_ = {{DNNL_ARG_SRC, source_for_weights_.result()},
                             {DNNL_ARG_DIFF_DST, gradient_for_weights_.result()},
                             {DNNL_ARG_DIFF_WEIGHTS, weight_gradient_.result()},
                             {DNNL_ARG_DIFF_BIAS, parameters.memory(Parameters::gradients, bias_)}};
    run_by_weights_ = dnnl::convolution_backward_weights(by_weights_);
    if (!input_.wants_gradient()) return;

    gradient_for_data_ = Relayout(build, result_.gradient, by_data_.diff_dst_desc());
    weights_for_data_ = Relayout(build, weights, by_data_.weights_desc());
    input_gradient_ = Relayout::onto(build, input_.gradient, by_data_.diff_src_desc());
    by_data_arguments_ = {{DNNL_ARG_DIFF_DST, gradient_for_data_.result()},
                          {DNNL_ARG_WEIGHTS, weights_for_data_.result()},
                          {DNNL_ARG_DIFF_SRC, input_gradient_.result()}};
    run_by_data_ = dnnl::convolution_backward_data(by_data_);
  }

  void forward(const StepContext& context) override {
    source_.run(context);
    weights_.run_once(context, parameters_->version());
    run_forward_.execute(context.stream, forward_arguments_);
  }

  void backward(const StepContext& context) override {
    source_for_weights_.run(context);
    gradient_for_weights_.run(context);
    run_by_weights_.execute(context.stream, by_weights_arguments_);
    weight_gradient_.run(context);
    if (!input_.wants_gradient()) return;
    gradient_for_data_.run(context);
    weights_for_data_.run_once(context, parameters_->version());
    run_by_data_.execute(context.stream, by_data_arguments_);
    input_gradient_.run(context);
  }

 private:
  void describe_backward(const BuildContext& build) {
    const auto by_weights = [&](const Desc& layout) {
      return onednn::describe_backward<dnnl::convolution_backward_weights>(
          build.engine, forward_, kDirect, any_layout(shapes_.source), layout,
          onednn::plain_layout(shapes_.bias), any_layout(shapes_.result), shapes_.strides, shapes_.padding,
          shapes_.padding);
    };
    const Desc free = any_layout(shapes_.weights);
    Desc& layout = build.layout(weight_);
    by_weights_ = layout == Desc() ? by_weights(free) : first_optimised({layout, free}, by_weights);
    if (layout == Desc()) {
      layout = by_weights_.diff_weights_desc();
      build.layout(bias_) = onednn::plain_layout(shapes_.bias);
    }
    if (!input_.wants_gradient()) return;
    by_data_ = onednn::describe_backward<dnnl::convolution_backward_data>(
        build.engine, forward_, kDirect, any_layout(shapes_.source), any_layout(shapes_.weights),
        any_layout(shapes_.result), shapes_.strides, shapes_.padding, shapes_.padding);
  }

  int weight_, bias_;
  Activation input_, result_;
  ConvShapes shapes_;
  Parameters* parameters_ = nullptr;
  dnnl::convolution_forward::primitive_desc forward_;
  dnnl::convolution_backward_weights::primitive_desc by_weights_;
  dnnl::convolution_backward_data::primitive_desc by_data_;
  dnnl::convolution_forward run_forward_;
  dnnl::convolution_backward_weights run_by_weights_;
  dnnl::convolution_backward_data run_by_data_;
  Arguments forward_arguments_, by_weights_arguments_, by_data_arguments_;
  Relayout source_, weights_;
  Relayout source_for_weights_, gradient_for_weights_, weight_gradient_;
  Relayout gradient_for_data_, weights_for_data_, input_gradient_;
};

}  // namespace

BuiltOp make_conv(const BuildContext& build, const Node& node, bool fuse_relu, const Activation& input) {
  auto op = std::make_unique<ConvOp>(build, node, fuse_relu, input);
  Activation result = op->result();
  return {std::move(op), std::move(result)};
}

}  // namespace lenet::cpu
