#include "engine/cpu/weighted_op.hpp"

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

/// Convolution with bias, fused with the ReLU that follows it, if any.
class ConvOp : public WeightedOp<dnnl::convolution_forward, dnnl::convolution_backward_weights,
                                 dnnl::convolution_backward_data> {
 public:
  ConvOp(const BuildContext& build, const Node& node, bool fuse_relu, const Activation& input)
      : WeightedOp(node, node.parameters[Conv2d::kWeight], node.parameters[Conv2d::kBias], input),
        shapes_(shapes_of(build, node)) {
    forward_ = onednn::describe<dnnl::convolution_forward>(
        build.engine, onednn::with_relu(fuse_relu), kind(build), kDirect, any_layout(shapes_.source),
        any_layout(shapes_.weights), onednn::plain_layout(shapes_.bias), any_layout(shapes_.result),
        shapes_.strides, shapes_.padding, shapes_.padding);
    result_ = build.activation(forward_.dst_desc(), true);
    if (build.training) describe_backward(build);
    keep_layout(build, onednn::plain_layout(shapes_.bias));
  }

 private:
  void describe_backward(const BuildContext& build) {
    const auto describe_weight_gradient = [&](const Desc& layout) {
      return onednn::describe_backward<dnnl::convolution_backward_weights>(
          build.engine, forward_, kDirect, any_layout(shapes_.source), layout,
          onednn::plain_layout(shapes_.bias), any_layout(shapes_.result), shapes_.strides, shapes_.padding,
          shapes_.padding);
    };
    const Desc free = any_layout(shapes_.weights);
    const Desc& layout = build.layout(weight_);
    weight_gradient_desc_ = layout == Desc() ? describe_weight_gradient(free)
                                             : first_optimised({layout, free}, describe_weight_gradient);
    if (!input_.wants_gradient()) return;
    data_gradient_desc_ = onednn::describe_backward<dnnl::convolution_backward_data>(
        build.engine, forward_, kDirect, any_layout(shapes_.source), any_layout(shapes_.weights),
        any_layout(shapes_.result), shapes_.strides, shapes_.padding, shapes_.padding);
  }

  ConvShapes shapes_;
};

}  // namespace

BuiltOp make_conv(const BuildContext& build, const Node& node, bool fuse_relu, const Activation& input) {
  return built(std::make_unique<ConvOp>(build, node, fuse_relu, input));
}

}  // namespace lenet::cpu
