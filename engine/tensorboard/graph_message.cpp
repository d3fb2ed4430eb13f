#include <fmt/format.h>
#include <optional>
#include <utility>

#include "engine/tensorboard/graph.pb.h"
#include "engine/tensorboard/messages.hpp"

namespace lenet::tensorboard {
namespace {

constexpr int kAnySize = -1;  // stands for the batch size

void add_sizes(events::TensorShapeProto& message, const Shape& shape) {
  for (const std::int64_t size : shape.sizes()) message.add_dim()->set_size(size);
}

/// Adds a node with the shape of its output: that of a sample, to which a batch size is added, or a whole
/// shape. TensorBoard shows `_output_shapes` at the edges that leave a node.
events::NodeDef& add_node(events::GraphDef& graph, const std::string& name, std::string_view operation,
                          const std::optional<Shape>& sample, const std::optional<Shape>& whole = {}) {
  events::NodeDef& node = *graph.add_node();
  node.set_name(name);
  node.set_op(std::string(operation));
  events::TensorShapeProto& shape = *(*node.mutable_attr())["_output_shapes"].mutable_list()->add_shape();
  if (sample) {
    shape.add_dim()->set_size(kAnySize);
    add_sizes(shape, *sample);
  } else if (whole) {
    add_sizes(shape, *whole);
  }
  return node;
}

void set(events::AttrValue& attribute, std::int64_t value) { attribute.set_i(value); }
void set(events::AttrValue& attribute, float value) { attribute.set_f(value); }
void set(events::AttrValue& attribute, std::string_view value) { attribute.set_s(std::string(value)); }

/// Adds a layer and its parameters. Returns the name of the node whose output is the layer's output.
std::string add_layer(events::GraphDef& message, const Graph& graph, const Node& node,
                      const std::string& input) {
  const bool has_parameters = !node.parameters.empty();
  // TensorBoard shows nodes whose names share a prefix before a slash as one box that opens.
  const std::string name = has_parameters ? fmt::format("{}/{}", node.name, kind_of(node.layer)) : node.name;
  std::vector<std::string> inputs{input};
  for (const int index : node.parameters) {
    const Parameter& parameter = graph.parameters()[static_cast<std::size_t>(index)];
    inputs.push_back(fmt::format("{}/{}", node.name, parameter.suffix()));
    add_node(message, inputs.back(), "VariableV2", {}, parameter.shape);
  }
  events::NodeDef& operation = add_node(message, name, kind_of(node.layer), node.output);
  for (std::string& from : inputs) operation.add_input(std::move(from));
  for (const Setting& setting : settings_of(node.layer)) {
    events::AttrValue& attribute = (*operation.mutable_attr())[std::string(setting.name)];
    std::visit([&](const auto& value) { set(attribute, value); }, setting.value);
  }
  return name;
}

}  // namespace

std::string graph_message(const Graph& graph) {
  events::GraphDef message;
  message.mutable_versions()->set_producer(22);  // the first version of GraphDef that all tools read
  const Image& image = graph.input();
  // TensorFlow calls an input "Placeholder".
  add_node(message, "images", "Placeholder", Shape{image.channels, image.height, image.width});
  std::string last = "images";
  for (const Node& node : graph.nodes()) last = add_layer(message, graph, node, last);
  add_node(message, "labels", "Placeholder", Shape{});
  events::NodeDef& loss = add_node(message, "loss", "SoftmaxCrossEntropy", {}, Shape{});
  loss.add_input(last);
  loss.add_input("labels");
  return message.SerializeAsString();
}

}  // namespace lenet::tensorboard
