#include "engine/cuda/ops/op.hpp"
#include "engine/cuda/runtime/check.hpp"
#include "kernels/launch_dropout.hpp"
#include "kernels/launch_relu.hpp"

namespace lenet::cuda {
namespace {

template <class T>
class ReluOp : public Op {
 public:
  ReluOp(const Node& node, const Activation& activation, std::int64_t batch)
      : name_(node.name), activation_(activation), count_(batch * activation.shape.count()) {}

  const char* name() const override { return name_.c_str(); }

  void forward(const StepContext& context) override {
    auto* const values = static_cast<T*>(activation_.value);
    LENET_CHECK(
        kernels::launch_relu<T>({.input = values, .output = values, .count = count_}, context.stream));
  }

  void backward(const StepContext& context) override {
    if (!activation_.wants_gradient()) return;
    auto* const gradients = static_cast<T*>(activation_.gradient);
    LENET_CHECK(kernels::launch_relu_backward<T>({.gradient = gradients,
                                                  .output = static_cast<const T*>(activation_.value),
                                                  .input_gradient = gradients,
                                                  .count = count_},
                                                 context.stream));
  }

 private:
  std::string name_;
  Activation activation_;
  std::int64_t count_;
};

template <class T>
class DropoutOp : public Op {
 public:
  DropoutOp(const PlacedNode& placed, const Activation& activation, std::int64_t batch, std::uint64_t seed)
      : name_(placed.node.name),
        activation_(activation),
        args_{.count = batch * activation.shape.count(),
              .seed = seed,
              .layer = static_cast<std::uint32_t>(placed.index),
              .rate = std::get<Dropout>(placed.node.layer).rate,
              .channels = activation.layout.channels,
              .pixels = activation.layout.pixels} {}

  const char* name() const override { return name_.c_str(); }
  void forward(const StepContext& context) override { apply(activation_.value, context); }
  void backward(const StepContext& context) override {
    if (activation_.wants_gradient()) apply(activation_.gradient, context);
  }

 private:
  /// Values and gradients are scaled by the same factors.
  void apply(void* data, const StepContext& context) {
    kernels::DropoutArgs<T> args = args_;
    args.input = args.output = static_cast<T*>(data);
    args.state = context.state;
    LENET_CHECK(kernels::launch_dropout<T>(args, context.stream));
  }

  std::string name_;
  Activation activation_;
  kernels::DropoutArgs<T> args_;
};

}  // namespace

BuiltOp make_relu(BuildContext& build, const PlacedNode& relu, const Activation& input) {
  return {make_op<ReluOp>(build, relu.node, input, build.batch), input};
}

BuiltOp make_dropout(BuildContext& build, const PlacedNode& dropout, const Activation& input) {
  return {make_op<DropoutOp>(build, dropout, input, build.batch, build.seed), input};
}

}  // namespace lenet::cuda
