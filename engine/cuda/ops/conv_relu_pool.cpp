#include <string>

#include "engine/cuda/ops/op.hpp"
#include "engine/cuda/runtime/check.hpp"
#include "kernels/launch_conv_relu_pool.hpp"

namespace lenet::cuda {
namespace {

kernels::ConvReluPoolShape shape_of(std::int64_t samples, const Node& node) {
  const Conv2d& conv = std::get<Conv2d>(node.layer);
  return {.samples = samples,
          .filters = conv.filters,
          .height = node.input[1],
          .width = node.input[2],
          .padding = conv.padding == Padding::same ? conv.kernel / 2 : 0};
}

// Uses the float32 weights in every precision: memory traffic, not arithmetic, takes its time.
template <class T>
class ConvReluPoolOp : public Op {
 public:
  ConvReluPoolOp(BuildContext& build, const Node& conv, const Activation& input, const Activation& output)
      : name_(conv.name),
        forward_{.images = static_cast<const T*>(input.value),
                 .weights = build.parameters.at(Parameters::kWeights, conv.parameters[Conv2d::kWeight]),
                 .bias = build.parameters.at(Parameters::kWeights, conv.parameters[Conv2d::kBias]),
                 .output = static_cast<T*>(output.value),
                 .shape = shape_of(build.batch, conv)} {
    if (!build.training) return;
    forward_.argmax = static_cast<std::uint8_t*>(
        build.buffer("activations", static_cast<std::size_t>(build.batch * output.shape.count())));
    backward_ = {
        .images = forward_.images,
        .gradient = static_cast<const T*>(output.gradient),
        .output = forward_.output,
        .argmax = forward_.argmax,
        .weight_gradient = build.parameters.at(Parameters::kGradients, conv.parameters[Conv2d::kWeight]),
        .bias_gradient = build.parameters.at(Parameters::kGradients, conv.parameters[Conv2d::kBias]),
        .shape = forward_.shape,
        .workspace = static_cast<float*>(
            build.buffer("workspaces", kernels::conv_relu_pool_workspace_bytes(forward_.shape)))};
  }

  const char* name() const override { return name_.c_str(); }

  void forward(const StepContext& context) override {
    LENET_CHECK(kernels::launch_conv_relu_pool<T>(forward_, context.stream));
  }

  void backward(const StepContext& context) override {
    LENET_CHECK(kernels::launch_conv_relu_pool_backward<T>(backward_, context.stream));
  }

  std::vector<Implementation> implementations() const override {
    std::vector<Implementation> own{{name_, "forward", "own kernel, with ReLU and pooling", 0}};
    if (backward_.gradient)
      own.push_back({name_, "weight gradient", "own kernel, with ReLU and pooling",
                     static_cast<std::int64_t>(kernels::conv_relu_pool_workspace_bytes(forward_.shape))});
    return own;
  }

 private:
  std::string name_;
  kernels::ConvReluPoolArgs<T> forward_;
  kernels::ConvReluPoolBackwardArgs<T> backward_;
};

}  // namespace

bool is_conv_relu_pool(const BuildContext& build, const Node& conv, const Activation& input) {
  const Conv2d& layer = std::get<Conv2d>(conv.layer);
  return !input.wants_gradient() && build.image_layout == kernels::Layout::channels_last &&
         conv.input[0] == 1 && layer.kernel == kernels::kConvReluPoolKernel &&
         kernels::conv_relu_pool_fits(shape_of(build.batch, conv));
}

BuiltOp make_conv_relu_pool(BuildContext& build, const Node& conv, const PlacedNode& pool,
                            const Activation& input) {
  const Activation output = build.activation(pool.node.output, pool.layout, build.dtype(), build.training);
  return {make_op<ConvReluPoolOp>(build, build, conv, input, output), output};
}

}  // namespace lenet::cuda
