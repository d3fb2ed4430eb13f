#include <string>

#include "engine/cuda/ops/op.hpp"
#include "engine/cuda/runtime/check.hpp"
#include "kernels/launch_bias_gradient.hpp"
#include "kernels/launch_dropout.hpp"

namespace lenet::cuda {
namespace {

template <class T>
class LinearOp : public DenseOp {
 public:
  LinearOp(BuildContext& build, const Node& node, const LinearFusion& fusion, const Activation& input,
           const Activation& output);

  const char* name() const override { return name_.c_str(); }
  void forward(const StepContext& context) override;
  void mask_gradient(const StepContext& context) override;
  void weight_gradient(const StepContext& context) override;
  void data_gradient(const StepContext& context) override;
  std::size_t weight_gradient_workspace_bytes() const override {
    return weight_gradient_plan_->workspace_bytes();
  }
  std::vector<Implementation> implementations() const override {
    return implementations_of(name_, forward_, weight_gradient_plan_, data_gradient_);
  }

 private:
  std::shared_ptr<const Gemm> plan(BuildContext& build, const GemmShape& shape) {
    auto planned = build.plan_cache.product(shape);
    build.ask_workspace(planned->workspace_bytes());
    return planned;
  }
  void plan_dropout(const BuildContext& build, const PlacedNode& placed);
  void plan_backward(BuildContext& build, const Node& node);

  std::string name_;
  LinearFusion fusion_;
  Activation input_, output_;
  const void* weights_;
  const void* bias_;
  float* weight_gradient_;
  std::shared_ptr<const Gemm> forward_, data_gradient_, weight_gradient_plan_;
  bool drops_ = false;
  kernels::DropoutArgs<T> dropout_;
  kernels::BiasGradientArgs<T> bias_gradient_;
};

template <class T>
LinearOp<T>::LinearOp(BuildContext& build, const Node& node, const LinearFusion& fusion,
                      const Activation& input, const Activation& output)
    : name_(node.name),
      fusion_(fusion),
      input_(input),
      output_(output),
      weights_(build.parameters.elements(node.parameters[Linear::kWeight])),
      bias_(fusion.last ? build.parameters.at(Parameters::kWeights, node.parameters[Linear::kBias])
                        : build.parameters.elements(node.parameters[Linear::kBias])),
      weight_gradient_(build.parameters.at(Parameters::kGradients, node.parameters[Linear::kWeight])) {
  forward_ = plan(build, {.m = build.batch,
                          .n = node.output[0],
                          .k = node.input[0],
                          .transpose_b = true,
                          .input = build.dtype(),
                          .output = fusion.last ? DType::f32 : build.dtype(),
                          .epilogue = fusion.relu ? Epilogue::bias_relu : Epilogue::bias});
  if (!build.training) return;
  if (fusion.dropout && !fusion.head_next) plan_dropout(build, *fusion.dropout);
  plan_backward(build, node);
}

template <class T>
void LinearOp<T>::plan_dropout(const BuildContext& build, const PlacedNode& placed) {
  auto* const values = static_cast<T*>(output_.value);
  drops_ = true;
  dropout_ = {.input = values,
              .output = values,
              .count = build.batch * output_.shape.count(),
              .seed = build.seed,
              .layer = static_cast<std::uint32_t>(placed.index),
              .rate = std::get<Dropout>(placed.node.layer).rate};
}

template <class T>
void LinearOp<T>::plan_backward(BuildContext& build, const Node& node) {
  const std::int64_t inputs = node.input[0], outputs = node.output[0];
  weight_gradient_plan_ = plan(build, {.m = outputs,
                                       .n = inputs,
                                       .k = build.batch,
                                       .transpose_a = true,
                                       .input = build.dtype(),
                                       .output = DType::f32});
  if (input_.wants_gradient())
    data_gradient_ =
        plan(build,
             {.m = build.batch, .n = inputs, .k = outputs, .input = build.dtype(), .output = build.dtype()});
  if (fusion_.last || fusion_.head_next) return;
  auto* const gradient = static_cast<T*>(output_.gradient);
  bias_gradient_ = {
      .gradient = gradient,
      .output = fusion_.relu ? static_cast<const T*>(output_.value) : nullptr,
      .scale = drops_ ? 1 / (1 - dropout_.rate) : 1,
      .masked = fusion_.relu ? gradient : nullptr,
      .bias_gradient = build.parameters.at(Parameters::kGradients, node.parameters[Linear::kBias]),
      .samples = build.batch,
      .channels = outputs,
      .workspace = build.zeroed_buffer(
          "workspaces",
          kernels::column_sum_workspace_bytes(build.batch, outputs, 1, kernels::Layout::channels_last))};
}

template <class T>
void LinearOp<T>::forward(const StepContext& context) {
  forward_->run(
      {.a = input_.value, .b = weights_, .bias = bias_, .out = output_.value, .workspace = context.workspace},
      context.stream);
  if (!drops_) return;
  dropout_.state = context.state;
  LENET_CHECK(kernels::launch_dropout<T>(dropout_, context.stream));
}

template <class T>
void LinearOp<T>::mask_gradient(const StepContext& context) {
  if (!fusion_.last && !fusion_.head_next)
    LENET_CHECK(kernels::launch_bias_gradient<T>(bias_gradient_, context.stream));
}

template <class T>
void LinearOp<T>::weight_gradient(const StepContext& context) {
  weight_gradient_plan_->run(
      {.a = output_.gradient, .b = input_.value, .out = weight_gradient_, .workspace = context.workspace},
      context.stream);
}

template <class T>
void LinearOp<T>::data_gradient(const StepContext& context) {
  if (!data_gradient_) return;
  data_gradient_->run(
      {.a = output_.gradient, .b = weights_, .out = input_.gradient, .workspace = context.workspace},
      context.stream);
}

}  // namespace

BuiltOp make_linear(BuildContext& build, const PlacedNode& linear, const LinearFusion& fusion,
                    const Activation& input) {
  const DType element = fusion.last ? DType::f32 : build.dtype();
  const Activation output = build.activation(linear.node.output, linear.layout, element, build.training);
  BuiltOp built{make_op<LinearOp>(build, build, linear.node, fusion, input, output), output};
  if (fusion.last)
    built.loss_bias_gradient =
        build.parameters.at(Parameters::kGradients, linear.node.parameters[Linear::kBias]);
  if (input.wants_gradient()) {
    built.dense = static_cast<DenseOp*>(built.op.get());
    built.first_parameter = linear.node.parameters[Linear::kWeight];
  }
  return built;
}

}  // namespace lenet::cuda
