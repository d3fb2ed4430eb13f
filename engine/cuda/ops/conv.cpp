#include <string>
#include <utility>

#include "engine/core/error.hpp"
#include "engine/cuda/ops/op.hpp"
#include "engine/cuda/runtime/check.hpp"
#include "kernels/launch_bias_gradient.hpp"
#include "kernels/launch_convert.hpp"
#include "kernels/launch_relu.hpp"

namespace lenet::cuda {
namespace {

ConvShape shape_of(const BuildContext& build, const Node& node) {
  const Conv2d& conv = std::get<Conv2d>(node.layer);
  return {.samples = build.batch,
          .channels = node.input[0],
          .height = node.input[1],
          .width = node.input[2],
          .filters = conv.filters,
          .kernel = conv.kernel,
          .padding = conv.padding == Padding::same ? conv.kernel / 2 : 0,
          .layout = build.image_layout};
}

std::shared_ptr<const Conv> plan(BuildContext& build, ConvKind kind, const ConvShape& shape,
                                 const std::string& layer) {
  const ConvPlan plan = build.plan_cache.convolution(kind, shape);
  if (!plan.conv) {
    const char* const relaxed = build.plan_cache.numerics().deterministic ? ", --no-deterministic" : "";
    throw DeviceError("cuDNN has no engine for the convolution " + layer +
                      " at this precision on this GPU (" + plan.refusal + "): try another --precision" +
                      relaxed + " or --device cpu");
  }
  build.ask_workspace(plan.conv->workspace_bytes());
  return plan.conv;
}

template <class T>
class ConvOp : public Op {
 public:
  ConvOp(BuildContext& build, const Node& node, const ConvFusion& fusion, const Activation& input,
         const Activation& output);

  const char* name() const override { return name_.c_str(); }
  void forward(const StepContext& context) override;
  void backward(const StepContext& context) override;
  std::vector<Implementation> implementations() const override {
    return implementations_of(name_, forward_, weight_gradient_plan_, data_gradient_);
  }

 private:
  void plan_backward(BuildContext& build, const ConvShape& shape);

  std::string name_;
  ConvFusion fusion_;
  Activation input_, output_;
  std::int64_t count_;  ///< elements of the output
  const void* weights_;
  const void* bias_;
  float* weight_gradient_;
  std::int64_t weight_count_;
  T* weight_gradient_elements_ = nullptr;  ///< cuDNN's result, unless that is float32
  std::shared_ptr<const Conv> forward_, data_gradient_, weight_gradient_plan_;
  bool separate_relu_ = false;  ///< no engine fuses the ReLU
  kernels::BiasGradientArgs<T> bias_gradient_;
};

template <class T>
ConvOp<T>::ConvOp(BuildContext& build, const Node& node, const ConvFusion& fusion, const Activation& input,
                  const Activation& output)
    : name_(node.name),
      fusion_(fusion),
      input_(input),
      output_(output),
      count_(build.batch * output.shape.count()),
      weights_(build.parameters.elements(node.parameters[Conv2d::kWeight])),
      bias_(build.parameters.elements(node.parameters[Conv2d::kBias])),
      weight_gradient_(build.parameters.at(Parameters::kGradients, node.parameters[Conv2d::kWeight])) {
  const ConvShape shape = shape_of(build, node);
  weight_count_ = shape.filters * shape.channels * shape.kernel * shape.kernel;
  if (fusion.relu) forward_ = build.plan_cache.convolution(ConvKind::forward_bias_relu, shape).conv;
  separate_relu_ = fusion.relu && !forward_;
  forward_ = plan(build, fusion.relu && forward_ ? ConvKind::forward_bias_relu : ConvKind::forward_bias,
                  shape, name_);
  if (!build.training) return;
  plan_backward(build, shape);
  if (fusion.pooled_next) return;
  auto* const gradient = static_cast<T*>(output.gradient);
  const std::int64_t pixels = shape.output_height() * shape.output_width();
  bias_gradient_ = {
      .gradient = gradient,
      .output = fusion.relu ? static_cast<const T*>(output.value) : nullptr,
      .masked = fusion.relu ? gradient : nullptr,
      .bias_gradient = build.parameters.at(Parameters::kGradients, node.parameters[Conv2d::kBias]),
      .samples = build.batch,
      .channels = shape.filters,
      .pixels = pixels,
      .layout = build.image_layout,
      .workspace = build.zeroed_buffer(
          "workspaces",
          kernels::column_sum_workspace_bytes(build.batch, shape.filters, pixels, build.image_layout))};
}

template <class T>
void ConvOp<T>::plan_backward(BuildContext& build, const ConvShape& shape) {
  weight_gradient_plan_ = plan(build, ConvKind::weight_gradient, shape, name_);
  if (input_.wants_gradient()) data_gradient_ = plan(build, ConvKind::data_gradient, shape, name_);
  if constexpr (!std::is_same_v<T, float>)
    weight_gradient_elements_ =
        static_cast<T*>(build.buffer("gradients", static_cast<std::size_t>(weight_count_) * sizeof(T)));
}

template <class T>
void ConvOp<T>::forward(const StepContext& context) {
  forward_->run({.x = input_.value,
                 .w = weights_,
                 .bias = bias_,
                 .out = output_.value,
                 .workspace = context.workspace});
  if (!separate_relu_) return;
  auto* const values = static_cast<T*>(output_.value);
  LENET_CHECK(kernels::launch_relu<T>({.input = values, .output = values, .count = count_}, context.stream));
}

template <class T>
void ConvOp<T>::backward(const StepContext& context) {
  if (!fusion_.pooled_next) LENET_CHECK(kernels::launch_bias_gradient<T>(bias_gradient_, context.stream));
  void* const target = weight_gradient_elements_ ? static_cast<void*>(weight_gradient_elements_)
                                                 : static_cast<void*>(weight_gradient_);
  weight_gradient_plan_->run(
      {.x = input_.value, .dy = output_.gradient, .out = target, .workspace = context.workspace});
  if constexpr (!std::is_same_v<T, float>)
    LENET_CHECK(kernels::launch_widen(
        {.from = weight_gradient_elements_, .to = weight_gradient_, .count = weight_count_}, context.stream));
  if (data_gradient_)
    data_gradient_->run(
        {.w = weights_, .dy = output_.gradient, .out = input_.gradient, .workspace = context.workspace});
}

}  // namespace

BuiltOp make_conv(BuildContext& build, const PlacedNode& conv, const ConvFusion& fusion,
                  const Activation& input) {
  const Activation output = build.activation(conv.node.output, conv.layout, build.dtype(), build.training);
  return {make_op<ConvOp>(build, build, conv.node, fusion, input, output), output};
}

}  // namespace lenet::cuda
