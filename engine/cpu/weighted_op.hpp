#pragma once

#include <utility>

#include "engine/cpu/op.hpp"

namespace lenet::cpu {

/// What a convolution and a dense layer have in common: weights, a bias, and three primitives that want the
/// arrays in layouts of their own. A layer's constructor describes the primitives and sets the result.
template <class Forward, class BackwardWeights, class BackwardData>
class WeightedOp : public Op {
 public:
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
    run_forward_ = Forward(forward_);
    if (build.training) bind_backward(build, parameters);
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

 protected:
  WeightedOp(const Node& node, const Activation& input)
      : weight_(node.weight), bias_(node.bias), input_(input) {}

  static onednn::prop_kind kind(const BuildContext& build) {
    return build.training ? onednn::prop_kind::forward_training : onednn::prop_kind::forward_inference;
  }

  /// The first backward pass that is described chooses how the weights lie in memory.
  void keep_layout(const BuildContext& build, const onednn::Desc& bias) {
    onednn::Desc& layout = build.layout(weight_);
    if (layout != onednn::Desc()) return;
    layout = by_weights_.diff_weights_desc();
    build.layout(bias_) = bias;
  }

  int weight_, bias_;
  Activation input_, result_;
  typename Forward::primitive_desc forward_;
  typename BackwardWeights::primitive_desc by_weights_;
  typename BackwardData::primitive_desc by_data_;

 private:
  void bind_backward(const BuildContext& build, Parameters& parameters) {
    source_for_weights_ = Relayout(build, input_.value, by_weights_.src_desc());
    gradient_for_weights_ = Relayout(build, result_.gradient, by_weights_.diff_dst_desc());
    weight_gradient_ = Relayout::onto(build, parameters.memory(Parameters::gradients, weight_),
                                      by_weights_.diff_weights_desc());
    by_weights_arguments_ = {{DNNL_ARG_SRC, source_for_weights_.result()},
                             {DNNL_ARG_DIFF_DST, gradient_for_weights_.result()},
                             {DNNL_ARG_DIFF_WEIGHTS, weight_gradient_.result()},
                             {DNNL_ARG_DIFF_BIAS, parameters.memory(Parameters::gradients, bias_)}};
    run_by_weights_ = BackwardWeights(by_weights_);
    if (!input_.wants_gradient()) return;

    gradient_for_data_ = Relayout(build, result_.gradient, by_data_.diff_dst_desc());
    weights_for_data_ =
        Relayout(build, parameters.memory(Parameters::weights, weight_), by_data_.weights_desc());
    input_gradient_ = Relayout::onto(build, input_.gradient, by_data_.diff_src_desc());
    by_data_arguments_ = {{DNNL_ARG_DIFF_DST, gradient_for_data_.result()},
                          {DNNL_ARG_WEIGHTS, weights_for_data_.result()},
                          {DNNL_ARG_DIFF_SRC, input_gradient_.result()}};
    run_by_data_ = BackwardData(by_data_);
  }

  Parameters* parameters_ = nullptr;
  Forward run_forward_;
  BackwardWeights run_by_weights_;
  BackwardData run_by_data_;
  Arguments forward_arguments_, by_weights_arguments_, by_data_arguments_;
  Relayout source_, weights_;
  Relayout source_for_weights_, gradient_for_weights_, weight_gradient_;
  Relayout gradient_for_data_, weights_for_data_, input_gradient_;
};

/// An op and what it puts out.
template <class Weighted>
BuiltOp built(std::unique_ptr<Weighted> op) {
  Activation result = op->result();
  return {std::move(op), std::move(result)};
}

}  // namespace lenet::cpu
