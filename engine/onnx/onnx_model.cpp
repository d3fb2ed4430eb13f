#include "engine/onnx/onnx_model.hpp"

#include <array>

#include "engine/core/error.hpp"
#include "engine/onnx/graph_writer.hpp"

namespace lenet::onnx {
namespace {

/// The version of the format that came with the operators of kOpset, in ONNX 1.8.
constexpr int kFormat = 7;
constexpr float kBrightest = 255;

/// Describes the input or the output: any number of samples of a shape.
void describe(messages::ValueInfoProto& value, std::string_view name, messages::TensorProto::DataType type,
              const Shape& sample, std::string_view meaning) {
  value.set_name(std::string(name));
  value.set_doc_string(std::string(meaning));
  messages::TypeProto::Tensor& tensor = *value.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(type);
  messages::TensorShapeProto& shape = *tensor.mutable_shape();
  shape.add_dim()->set_dim_param("batch");
  for (const std::int64_t size : sample.sizes()) shape.add_dim()->set_dim_value(size);
}

/// Appends the conversion of uint8 pixels to floats of 0 to 1.
void add_scaling(GraphWriter& writer) {
  const std::string brightest = "scaling/brightest";
  set_attribute(writer.add("Cast", "scaling/cast"), "to", messages::TensorProto::FLOAT);
  writer.add("Div", "scaling/divide").add_input(brightest);
  writer.add_tensor(brightest, {}, std::array{kBrightest});
}

void write_graph(messages::GraphProto& message, const Graph& graph, std::span<const float> parameters,
                 const ModelForm& form) {
  const Image& image = graph.input();
  describe(*message.add_input(), kInputName,
           form.scale ? messages::TensorProto::UINT8 : messages::TensorProto::FLOAT,
           {image.channels, image.height, image.width},
           form.scale ? "pixels, 0 to 255" : "pixels, 0 to 1: those of MNIST divided by 255");
  GraphWriter writer(message, kInputName);
  if (form.scale) add_scaling(writer);
  for (const Node& node : graph.nodes()) writer.add_layer(graph, node, parameters);
  if (form.softmax) set_attribute(writer.add("Softmax", "softmax"), "axis", 1);
  writer.finish(form.output_name());
  describe(
      *message.add_output(), form.output_name(), messages::TensorProto::FLOAT, {graph.classes()},
      form.softmax ? "probability of each class" : "logit of each class, which softmax makes a probability");
}

}  // namespace

std::string serialize_model(const Graph& graph, std::span<const float> parameters, const ModelForm& form,
                            const ModelOrigin& origin) {
  messages::ModelProto model;
  model.set_ir_version(kFormat);
  model.set_producer_name("lenet");
  model.set_producer_version(origin.version);
  model.add_opset_import()->set_version(kOpset);
  for (const auto& [key, value] : origin.metadata) {
    messages::StringStringEntryProto& entry = *model.add_metadata_props();
    entry.set_key(key);
    entry.set_value(value);
  }
  model.mutable_graph()->set_name(origin.name);
  write_graph(*model.mutable_graph(), graph, parameters, form);
  std::string bytes;
  if (!model.SerializeToString(&bytes))
    throw Error("the network has more than the 2 GiB that an ONNX file can hold");
  return bytes;
}

}  // namespace lenet::onnx
