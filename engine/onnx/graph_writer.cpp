#include "engine/onnx/graph_writer.hpp"

#include <array>
#include <bit>
#include <fmt/format.h>

#include "engine/core/overloaded.hpp"

namespace lenet::onnx {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are little-endian");

using Square = std::array<std::int64_t, 2>;

void add_conv(messages::NodeProto& node, const Conv2d& conv) {
  const std::int64_t border = conv.padding == Padding::same ? (conv.kernel - 1) / 2 : 0;
  set_attribute(node, "kernel_shape", Square{conv.kernel, conv.kernel});
  set_attribute(node, "strides", Square{1, 1});
  set_attribute(node, "pads", std::array<std::int64_t, 4>{border, border, border, border});
}

void add_pool(messages::NodeProto& node, const MaxPool2d& pool) {
  set_attribute(node, "kernel_shape", Square{pool.window, pool.window});
  set_attribute(node, "strides", Square{pool.window, pool.window});
}

}  // namespace

messages::NodeProto& GraphWriter::add(std::string_view type, std::string_view name) {
  newest_ = message_.add_node();
  newest_->set_op_type(std::string(type));
  newest_->set_name(std::string(name));
  newest_->add_input(last_);
  last_ = fmt::format("{}/output", name);
  newest_->add_output(last_);
  return *newest_;
}

void GraphWriter::add_layer(const Graph& graph, const Node& node, std::span<const float> parameters) {
  std::visit(Overloaded{
                 [&](const Conv2d& conv) { add_conv(add("Conv", node.name), conv); },
                 [&](const Linear&) { set_attribute(add("Gemm", node.name), "transB", 1); },
                 [&](const Relu&) { add("Relu", node.name); },
                 [&](const MaxPool2d& pool) { add_pool(add("MaxPool", node.name), pool); },
                 [&](const Flatten&) { set_attribute(add("Flatten", node.name), "axis", 1); },
                 [](const Dropout&) {},  // does nothing outside training
             },
             node.layer);
  for (const int index : node.parameters) {
    const Parameter& parameter = graph.parameters()[static_cast<std::size_t>(index)];
    newest_->add_input(parameter.name);
    add_tensor(parameter.name, parameter.shape, parameter.in(parameters));
  }
}

void GraphWriter::add_tensor(const std::string& name, const Shape& shape, std::span<const float> values) {
  messages::TensorProto& tensor = *message_.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(messages::TensorProto::FLOAT);
  for (const std::int64_t size : shape.sizes()) tensor.add_dims(size);
  tensor.set_raw_data(values.data(), values.size_bytes());
}

void GraphWriter::finish(std::string_view output) { newest_->set_output(0, std::string(output)); }

void set_attribute(messages::NodeProto& node, std::string_view name, std::int64_t value) {
  messages::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(std::string(name));
  attribute.set_type(messages::AttributeProto::INT);
  attribute.set_i(value);
}

void set_attribute(messages::NodeProto& node, std::string_view name, std::span<const std::int64_t> values) {
  messages::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(std::string(name));
  attribute.set_type(messages::AttributeProto::INTS);
  for (const std::int64_t value : values) attribute.add_ints(value);
}

}  // namespace lenet::onnx
