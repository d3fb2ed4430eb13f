#include <string>

#include "engine/cuda/ops/op.hpp"
#include "engine/cuda/runtime/check.hpp"
#include "kernels/launch_bias_gradient.hpp"
#include "kernels/launch_max_pool.hpp"

namespace lenet::cuda {
namespace {

kernels::PoolShape pool_shape_of(const BuildContext& build, const Node& node) {
  return {.samples = build.batch,
          .channels = node.input[0],
          .height = node.input[1],
          .width = node.input[2],
          .window = std::get<MaxPool2d>(node.layer).window,
          .layout = build.image_layout};
}

template <class T>
class MaxPoolOp : public Op {
 public:
  MaxPoolOp(BuildContext& build, const Node& node, const Node* conv, const Activation& input,
            const Activation& output)
      : name_(node.name),
        forward_{.input = static_cast<const T*>(input.value),
                 .output = static_cast<T*>(output.value),
                 .shape = pool_shape_of(build, node)} {
    if (!output.wants_gradient()) return;
    forward_.argmax = static_cast<std::uint8_t*>(
        build.buffer("activations", static_cast<std::size_t>(build.batch * output.shape.count())));
    backward_ = {.gradient = static_cast<const T*>(output.gradient),
                 .argmax = forward_.argmax,
                 .input_gradient = static_cast<T*>(input.gradient),
                 .shape = forward_.shape};
    if (!conv) return;
    backward_.output = forward_.output;
    backward_.bias_gradient = build.parameters.at(Parameters::kGradients, conv->parameters[Conv2d::kBias]);
    backward_.workspace = build.zeroed_buffer(
        "workspaces", kernels::column_sum_workspace_bytes(
                          build.batch, node.output[0], node.output[1] * node.output[2], build.image_layout));
  }

  const char* name() const override { return name_.c_str(); }

  void forward(const StepContext& context) override {
    LENET_CHECK(kernels::launch_max_pool<T>(forward_, context.stream));
  }

  void backward(const StepContext& context) override {
    if (backward_.input_gradient)
      LENET_CHECK(kernels::launch_max_pool_backward<T>(backward_, context.stream));
  }

 private:
  std::string name_;
  kernels::MaxPoolArgs<T> forward_;
  kernels::MaxPoolBackwardArgs<T> backward_;
};

}  // namespace

BuiltOp make_max_pool(BuildContext& build, const PlacedNode& pool, const Node* conv,
                      const Activation& input) {
  const Activation output =
      build.activation(pool.node.output, pool.layout, build.dtype(), input.wants_gradient());
  return {make_op<MaxPoolOp>(build, build, pool.node, conv, input, output), output};
}

}  // namespace lenet::cuda
