#include "engine/cpu/weighted_op.hpp"

namespace lenet::cpu {
namespace {

using onednn::any_layout;
using onednn::Desc;
using onednn::Dims;

/// Computes y = W x + b, fused with the ReLU that follows it, if any. Reads images in their own layout, which
/// the weights adopt, so that no flattened copy is needed.
class LinearOp : public WeightedOp<dnnl::inner_product_forward, dnnl::inner_product_backward_weights,
                                   dnnl::inner_product_backward_data> {
 public:
  LinearOp(const BuildContext& build, const Node& node, bool fuse_relu, const Activation& input)
      : WeightedOp(node, node.parameters[Linear::kWeight], node.parameters[Linear::kBias], input),
        units_(node.output[0]) {
    source_dims_ = onednn::dims_of(input.value.get_desc());
    weight_dims_ = source_dims_;
    weight_dims_[0] = units_;
    result_dims_ = {build.batch, units_};
    forward_ = first_optimised({input.value.get_desc(), any_layout(source_dims_)}, [&](const Desc& source) {
      return onednn::describe<dnnl::inner_product_forward>(
          build.engine, onednn::with_relu(fuse_relu), kind(build), source, any_layout(weight_dims_),
          onednn::plain_layout({units_}), onednn::plain_layout(result_dims_));
    });
    result_ = build.activation(forward_.dst_desc(), true);
    if (build.training) describe_backward(build);
    keep_layout(build, onednn::plain_layout({units_}));
  }

 private:
  void describe_backward(const BuildContext& build) {
    const Desc& layout = build.layout(weight_);
    const Desc free = any_layout(weight_dims_);
    const Desc& given = input_.value.get_desc();
    const auto describe_weight_gradient = [&](const Desc& source, const Desc& weights) {
      return onednn::describe_backward<dnnl::inner_product_backward_weights>(
          build.engine, forward_, source, weights, onednn::plain_layout({units_}),
          onednn::plain_layout(result_dims_));
    };
    weight_gradient_desc_ = first_optimised({given, any_layout(source_dims_)}, [&](const Desc& source) {
      if (layout == Desc()) return describe_weight_gradient(source, free);
      return first_optimised({layout, free},
                             [&](const Desc& weights) { return describe_weight_gradient(source, weights); });
    });
    if (!input_.wants_gradient()) return;
    data_gradient_desc_ = first_optimised({given, any_layout(source_dims_)}, [&](const Desc& source) {
      return onednn::describe_backward<dnnl::inner_product_backward_data>(
          build.engine, forward_, source, any_layout(weight_dims_), onednn::plain_layout(result_dims_));
    });
  }

  std::int64_t units_;
  Dims source_dims_, weight_dims_, result_dims_;  // the sources may be images
};

}  // namespace

BuiltOp make_linear(const BuildContext& build, const Node& node, bool fuse_relu, const Activation& input) {
  return built(std::make_unique<LinearOp>(build, node, fuse_relu, input));
}

}  // namespace lenet::cpu
