#include "engine/cpu/plan.hpp"

#include <algorithm>

#include "engine/cpu/loops.hpp"

namespace lenet::cpu {
namespace {

bool holds_relu(std::span<const Node> nodes, std::size_t index) {
  return index < nodes.size() && std::holds_alternative<Relu>(nodes[index].layer);
}

bool has_parameters(const Node& node) { return node.weight >= 0; }

/// Whether oneDNN may have chosen the layout of what follows.
bool chooses_layout(const Node& node) {
  return std::holds_alternative<Conv2d>(node.layer) || std::holds_alternative<MaxPool2d>(node.layer);
}

}  // namespace

Plan::Plan(const dnnl::engine& engine, const Graph& graph, std::int64_t batch, bool training,
           std::vector<onednn::Desc>& layouts)
    : build_{
          .engine = engine, .batch = batch, .training = training, .layouts = &layouts, .buffers = &buffers_} {
  const Image& image = graph.input();
  input_ = build_.activation(onednn::plain_layout({batch, image.channels, image.height, image.width}), false);
  add_ops(graph);
}

void Plan::add_ops(const Graph& graph) {
  Activation flowing = input_;
  const auto take = [&](BuiltOp built) {
    ops_.push_back(std::move(built.op));
    flowing = std::move(built.result);
  };
  const std::span<const Node> nodes = graph.nodes();
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Node& node = nodes[i];
    const bool after_relu = i > 0 && holds_relu(nodes, i - 1);
    if (std::holds_alternative<Conv2d>(node.layer)) {
      take(make_conv(build_, node, holds_relu(nodes, i + 1), flowing));
    } else if (std::holds_alternative<Linear>(node.layer)) {
      take(make_linear(build_, node, holds_relu(nodes, i + 1), flowing));
    } else if (std::holds_alternative<Relu>(node.layer)) {
      const bool pooled_next = i + 1 < nodes.size() && std::holds_alternative<MaxPool2d>(nodes[i + 1].layer);
      take(make_relu(i > 0 && has_parameters(nodes[i - 1]), pooled_next, flowing));
    } else if (std::holds_alternative<MaxPool2d>(node.layer)) {
      take(make_max_pool(build_, node, after_relu, flowing));
    } else if (std::holds_alternative<Dropout>(node.layer)) {
      take(make_dropout(build_, node, static_cast<int>(i), flowing));
    } else if (std::ranges::none_of(nodes.first(i), chooses_layout)) {
      // Pixels are rows already. Other images stay images until a dense layer reads them as they lie: the
      // graph decides, not the layout, so that a dense layer's weights have one rank in all plans of a
      // program.
      flowing = as_rows(node, flowing);
    }
  }

  // A graph may end in images that were flattened, in oneDNN's order; the loss reads rows of logits.
  const onednn::Desc plain = onednn::plain_layout(onednn::dims_of(flowing.value.get_desc()));
  const auto count = static_cast<std::size_t>(build_.batch * graph.classes());
  logits_to_rows_ = Relayout(build_, flowing.value, plain);
  logits_ = {static_cast<float*>(logits_to_rows_.result().get_data_handle()), count};
  if (!flowing.wants_gradient()) return;
  rows_to_gradients_ = Relayout::onto(build_, flowing.gradient, plain);
  gradients_ = {static_cast<float*>(rows_to_gradients_.result().get_data_handle()), count};
}

Activation Plan::as_rows(const Node& node, const Activation& input) const {
  const onednn::Desc rows = onednn::plain_layout({build_.batch, node.output[0]});
  Activation flat{.value = {rows, build_.engine, input.values()}, .gradient = {}};
  if (input.wants_gradient()) flat.gradient = {rows, build_.engine, input.gradients()};
  return flat;
}

void Plan::bind(Parameters& parameters) {
  for (const OpPtr& op : ops_) op->bind(build_, parameters);
}

std::span<const float> Plan::forward(const StepContext& context, std::span<const std::uint8_t> pixels) {
  normalise(input_.values(), pixels.data(), pixels.size());
  for (const OpPtr& op : ops_) op->forward(context);
  logits_to_rows_.run(context);
  context.stream.wait();
  return logits_;
}

void Plan::backward(const StepContext& context) {
  rows_to_gradients_.run(context);
  for (auto op = ops_.rbegin(); op != ops_.rend(); ++op) (*op)->backward(context);
  context.stream.wait();
}

std::int64_t Plan::bytes() const {
  std::size_t floats = 0;
  for (const Buffer& buffer : buffers_) floats += buffer.count();
  return static_cast<std::int64_t>(floats * sizeof(float));
}

}  // namespace lenet::cpu
