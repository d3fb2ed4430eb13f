#include <string>

#include "engine/cuda/ops/op.hpp"
#include "engine/cuda/runtime/check.hpp"
#include "kernels/cooperative.hpp"
#include "kernels/launch_head.hpp"

namespace lenet::cuda {
namespace {

/// The last dense layer with the loss, in training. All of it is in the backward pass: nothing reads the
/// logits.
template <class T>
class HeadOp : public Op {
 public:
  HeadOp(BuildContext& build, const Node& node, const HeadFusion& fusion, const Activation& input,
         const Activation& output);

  const char* name() const override { return name_.c_str(); }
  void forward(const StepContext&) override {}
  void backward(const StepContext& context) override {
    kernels::HeadArgs<T> args = args_;
    args.labels = context.labels;
    args.metrics = context.metrics;
    args.state = context.state;
    LENET_CHECK(kernels::launch_head<T>(args, context.stream));
  }
  std::vector<Implementation> implementations() const override {
    return {{name_, "with its loss", "own kernel, " + std::to_string(args_.blocks) + " blocks", 0}};
  }

 private:
  std::string name_;
  kernels::HeadArgs<T> args_;
};

template <class T>
HeadOp<T>::HeadOp(BuildContext& build, const Node& node, const HeadFusion& fusion, const Activation& input,
                  const Activation& output)
    : name_(node.name) {
  const Parameters& parameters = build.parameters;
  const int weight = node.parameters[Linear::kWeight], bias = node.parameters[Linear::kBias];
  args_ = {.hidden = static_cast<T*>(input.value),
           .weights = static_cast<const T*>(parameters.elements(weight)),
           .bias = parameters.at(Parameters::kWeights, bias),
           .count = build.batch,
           .units = static_cast<std::int32_t>(node.input[0]),
           .classes = static_cast<std::int32_t>(node.output[0]),
           .relu = fusion.hidden != nullptr,
           .seed = build.seed,
           .logit_gradient = static_cast<T*>(output.gradient),
           .weight_gradient = parameters.at(Parameters::kGradients, weight),
           .bias_gradient = parameters.at(Parameters::kGradients, bias),
           .hidden_gradient = static_cast<T*>(input.gradient),
           .workspace = build.buffer("workspaces", kernels::head_workspace_bytes(build.batch))};
  if (fusion.hidden)
    args_.hidden_bias_gradient =
        parameters.at(Parameters::kGradients, fusion.hidden->parameters[Linear::kBias]);
  if (fusion.dropout) {
    args_.rate = std::get<Dropout>(fusion.dropout->node.layer).rate;
    args_.layer = static_cast<std::uint32_t>(fusion.dropout->index);
  }
  LENET_CHECK(kernels::size_head_grid(args_));
}

}  // namespace

std::string why_no_head(const Graph& graph) {
  const std::span<const Node> nodes = graph.nodes();
  if (nodes.empty() || !std::holds_alternative<Linear>(nodes.back().layer))
    return "the last layer is not a dense one";
  if (graph.classes() > kernels::kMaxHeadClasses)
    return "it takes at most " + std::to_string(kernels::kMaxHeadClasses) + " classes";
  int multiprocessors = 0;
  LENET_CHECK(kernels::cooperative_multiprocessors(multiprocessors));
  return multiprocessors > 0 ? "" : "the GPU has no cooperative launches";
}

BuiltOp make_head(BuildContext& build, const PlacedNode& linear, const HeadFusion& fusion,
                  const Activation& input) {
  const Activation output = build.activation(linear.node.output, linear.layout, DType::f32, true);
  BuiltOp built{make_op<HeadOp>(build, build, linear.node, fusion, input, output), output};
  built.has_loss = true;
  return built;
}

}  // namespace lenet::cuda
