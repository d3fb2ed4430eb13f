#pragma once

#include <utility>

#include "engine/cpu/op.hpp"

namespace lenet::cpu {

/// A convolution or a dense layer: a weight, a bias, and three primitives (forward, weight gradient, data
/// gradient), each with its own preferred layouts. The constructor of the derived class describes the
/// primitives and sets the result.
template <class Forward, class BackwardWeights, class BackwardData>
class WeightedOp : public Op {
 public:
  const Activation& result() const { return result_; }

  void bind(const BuildContext& build, Parameters& parameters) override {
    parameters_ = &parameters;
    const auto& weights = parameters.memory(Parameters::kWeights, weight_);
    source_ = Reorder(build, input_.value, forward_.src_desc());
    weights_ = Reorder(build, weights, forward_.weights_desc());
    forward_arguments_ = {{DNNL_ARG_SRC, source_.result()},
                          {DNNL_ARG_WEIGHTS, weights_.result()},
                          {DNNL_ARG_BIAS, parameters.memory(Parameters::kWeights, bias_)},
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
    run_weight_gradient_.execute(context.stream, weight_gradient_arguments_);
    weight_gradient_.run(context);
    if (!input_.wants_gradient()) return;
    gradient_for_data_.run(context);
    weights_for_data_.run_once(context, parameters_->version());
    run_data_gradient_.execute(context.stream, data_gradient_arguments_);
    input_gradient_.run(context);
  }

  std::vector<Implementation> implementations() const override {
    std::vector<Implementation> found{{name(), "forward", onednn::name_of(forward_)}};
    if (weight_gradient_desc_)
      found.push_back({name(), "weight gradient", onednn::name_of(weight_gradient_desc_)});
    if (data_gradient_desc_) found.push_back({name(), "data gradient", onednn::name_of(data_gradient_desc_)});
    return found;
  }

 protected:
  WeightedOp(const Node& node, int weight, int bias, const Activation& input)
      : Op(node), weight_(weight), bias_(bias), input_(input) {}

  static onednn::prop_kind kind(const BuildContext& build) {
    return build.training ? onednn::prop_kind::forward_training : onednn::prop_kind::forward_inference;
  }

  /// In a program's first plan, sets the layouts of weight and bias: in training the weight takes the layout
  /// of its gradient.
  void keep_layout(const BuildContext& build, const onednn::Desc& bias) {
    onednn::Desc& layout = build.layout(weight_);
    if (layout != onednn::Desc()) return;
    layout = build.training ? weight_gradient_desc_.diff_weights_desc() : forward_.weights_desc();
    build.layout(bias_) = bias;
  }

  int weight_, bias_;
  Activation input_, result_;
  typename Forward::primitive_desc forward_;
  typename BackwardWeights::primitive_desc weight_gradient_desc_;
  typename BackwardData::primitive_desc data_gradient_desc_;

 private:
  void bind_backward(const BuildContext& build, Parameters& parameters) {
    source_for_weights_ = Reorder(build, input_.value, weight_gradient_desc_.src_desc());
    gradient_for_weights_ = Reorder(build, result_.gradient, weight_gradient_desc_.diff_dst_desc());
    weight_gradient_ = Reorder::onto(build, parameters.memory(Parameters::kGradients, weight_),
                                     weight_gradient_desc_.diff_weights_desc());
    weight_gradient_arguments_ = {{DNNL_ARG_SRC, source_for_weights_.result()},
                                  {DNNL_ARG_DIFF_DST, gradient_for_weights_.result()},
                                  {DNNL_ARG_DIFF_WEIGHTS, weight_gradient_.result()},
                                  {DNNL_ARG_DIFF_BIAS, parameters.memory(Parameters::kGradients, bias_)}};
    run_weight_gradient_ = BackwardWeights(weight_gradient_desc_);
    if (!input_.wants_gradient()) return;

    gradient_for_data_ = Reorder(build, result_.gradient, data_gradient_desc_.diff_dst_desc());
    weights_for_data_ =
        Reorder(build, parameters.memory(Parameters::kWeights, weight_), data_gradient_desc_.weights_desc());
    input_gradient_ = Reorder::onto(build, input_.gradient, data_gradient_desc_.diff_src_desc());
    data_gradient_arguments_ = {{DNNL_ARG_DIFF_DST, gradient_for_data_.result()},
                                {DNNL_ARG_WEIGHTS, weights_for_data_.result()},
                                {DNNL_ARG_DIFF_SRC, input_gradient_.result()}};
    run_data_gradient_ = BackwardData(data_gradient_desc_);
  }

  Parameters* parameters_ = nullptr;
  Forward run_forward_;
  BackwardWeights run_weight_gradient_;
  BackwardData run_data_gradient_;
  Arguments forward_arguments_, weight_gradient_arguments_, data_gradient_arguments_;
  Reorder source_, weights_;
  Reorder source_for_weights_, gradient_for_weights_, weight_gradient_;
  Reorder gradient_for_data_, weights_for_data_, input_gradient_;
};

/// Pairs an op with its result.
template <class Weighted>
BuiltOp built(std::unique_ptr<Weighted> op) {
  Activation result = op->result();
  return {std::move(op), std::move(result)};
}

}  // namespace lenet::cpu
