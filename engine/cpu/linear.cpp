#include "engine/cpu/op.hpp"

namespace lenet::cpu {
namespace {

using onednn::any_layout;
using onednn::Desc;
using onednn::Dims;

/// y = W x + b, and its ReLU if the graph has one behind it. Images are read as they lie: the weights take
/// their layout, so that no flattened copy is made.
class LinearOp : public Op {
 public:
  LinearOp(const BuildContext& build, const Node& node, bool fuse_relu, const Activation& input)
      : weight_(node.weight), bias_(node.bias), input_(input), units_(node.output[0]) {
    source_dims_ = onednn::dims_of(input.value.get_desc());
    weight_dims_ = source_dims_;
    weight_dims_[0] = units_;
    result_dims_ = {build.batch, units_};
    const auto kind =
        build.training ? onednn::prop_kind::forward_training : onednn::prop_kind::forward_inference;
    forward_ = first_optimised({input.value.get_desc(), any_layout(source_dims_)}, [&](const Desc& source) {
      return onednn::describe<dnnl::inner_product_forward>(
          build.engine, onednn::with_relu(fuse_relu), kind, source, any_layout(weight_dims_),
          onednn::plain_layout({units_}), onednn::plain_layout(result_dims_));
    });
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
    run_forward_ = dnnl::inner_product_forward(forward_);
    if (!build.training) return;

    source_for_weights_ = Relayout(build, input_.value, by_weights_.src_desc());
    gradient_for_weights_ = Relayout(build, result_.gradient, by_weights_.diff_dst_desc());
    weight_gradient_ = Relayout::onto(build, parameters.memory(Parameters::gradients, weight_),
                                      by_weights_.diff_weights_desc());
    by_weights_arguments_ = {{DNNL_ARG_SRC, source_for_weights_.result()},
                             {DNNL_ARG_DIFF_DST, gradient_for_weights_.result()},
                             {DNNL_ARG_DIFF_WEIGHTS, weight_gradient_.result()},
                             {DNNL_ARG_DIFF_BIAS, parameters.memory(Parameters::gradients, bias_)}};
    run_by_weights_ = dnnl::inner_product_backward_weights(by_weights_);
    if (!input_.wants_gradient()) return;

    gradient_for_data_ = Relayout(build, result_.gradient, by_data_.diff_dst_desc());
    weights_for_data_ = Relayout(build, weights, by_data_.weights_desc());
    input_gradient_ = Relayout::onto(build, input_.gradient, by_data_.diff_src_desc());
    by_data_arguments_ = {{DNNL_ARG_DIFF_DST, gradient_for_data_.result()},
                          {DNNL_ARG_WEIGHTS, weights_for_data_.result()},
                          {DNNL_ARG_DIFF_SRC, input_gradient_.result()}};
    run_by_data_ = dnnl::inner_product_backward_data(by_data_);
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
    Desc& layout = build.layout(weight_);
    const Desc free = any_layout(weight_dims_);
    const Desc& lying = input_.value.get_desc();
    const auto by_weights = [&](const Desc& source, const Desc& weights) {
      return onednn::describe_backward<dnnl::inner_product_backward_weights>(
          build.engine, forward_, source, weights, onednn::plain_layout({units_}),
          onednn::plain_layout(result_dims_));
    };
    by_weights_ = first_optimised({lying, any_layout(source_dims_)}, [&](const Desc& source) {
      if (layout == Desc()) return by_weights(source, free);
      return first_optimised({layout, free},
                             [&](const Desc& weights) { return by_weights(source, weights); });
    });
    if (layout == Desc()) {
      layout = by_weights_.diff_weights_desc();
      build.layout(bias_) = onednn::plain_layout({units_});
    }
    if (!input_.wants_gradient()) return;
    by_data_ = first_optimised({lying, any_layout(source_dims_)}, [&](const Desc& source) {
      return onednn::describe_backward<dnnl::inner_product_backward_data>(
          build.engine, forward_, source, any_layout(weight_dims_), onednn::plain_layout(result_dims_));
    });
  }

  int weight_, bias_;
  Activation input_, result_;
  std::int64_t units_;
  Dims source_dims_, weight_dims_, result_dims_;  // the sources may be images
  Parameters* parameters_ = nullptr;
  dnnl::inner_product_forward::primitive_desc forward_;
  dnnl::inner_product_backward_weights::primitive_desc by_weights_;
  dnnl::inner_product_backward_data::primitive_desc by_data_;
  dnnl::inner_product_forward run_forward_;
  dnnl::inner_product_backward_weights run_by_weights_;
  dnnl::inner_product_backward_data run_by_data_;
  Arguments forward_arguments_, by_weights_arguments_, by_data_arguments_;
  Relayout source_, weights_;
  Relayout source_for_weights_, gradient_for_weights_, weight_gradient_;
  Relayout gradient_for_data_, weights_for_data_, input_gradient_;
};

}  // namespace

BuiltOp make_linear(const BuildContext& build, const Node& node, bool fuse_relu, const Activation& input) {
  auto op = std::make_unique<LinearOp>(build, node, fuse_relu, input);
  Activation result = op->result();
  return {std::move(op), std::move(result)};
}

}  // namespace lenet::cpu
