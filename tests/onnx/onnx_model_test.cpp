#include "engine/onnx/onnx_model.hpp"

#include <cstring>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/graph/initializer.hpp"
#include "engine/onnx/onnx.pb.h"
#include "models/models.hpp"
#include "tests/support/catch.hpp"

using namespace lenet;
using namespace lenet::onnx;

namespace {

std::vector<float> weights_of(const Graph& graph) {
  std::vector<float> weights(static_cast<std::size_t>(graph.parameter_count()));
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<float>(i);
  return weights;
}

messages::ModelProto model_of(const Graph& graph, const ModelForm& form = {},
                              const ModelOrigin& origin = {.name = "cnn", .version = "1.2.3"}) {
  messages::ModelProto model;
  REQUIRE(model.ParseFromString(serialize_model(graph, weights_of(graph), form, origin)));
  return model;
}

std::vector<std::string> operators_of(const messages::ModelProto& model) {
  std::vector<std::string> operators;
  for (const auto& node : model.graph().node()) operators.push_back(node.op_type());
  return operators;
}

using Operators = std::vector<std::string>;

}  // namespace

TEST_CASE("a network's layers become operators in their order, without dropout", "[onnx]") {
  const Graph graph = models::make_model("cnn").graph;
  const Operators layers = {"Conv",    "Relu",    "MaxPool", "Conv", "Relu",
                            "MaxPool", "Flatten", "Gemm",    "Relu", "Gemm"};
  Operators scaled = {"Cast", "Div"};
  scaled.insert(scaled.end(), layers.begin(), layers.end());
  CHECK(operators_of(model_of(graph)) == scaled);
  CHECK(operators_of(model_of(graph, {.scale = false})) == layers);
  scaled.emplace_back("Softmax");
  CHECK(operators_of(model_of(graph, {.softmax = true})) == scaled);
}

TEST_CASE("each operator takes what is there before it, and each value has one name", "[onnx]") {
  // Layers may have any names, also those of the values that are added.
  Graph graph(Image{.channels = 2, .height = 6, .width = 6});
  graph.add("logits", Dropout{}).add("images", Conv2d{.filters = 3, .kernel = 3}).add("softmax", Relu{});
  graph.add("batch", MaxPool2d{}).add("scaling", Flatten{}).add("probabilities", Linear{.units = 4});
  graph.add("dropout", Dropout{});
  for (const ModelForm form : {ModelForm{}, ModelForm{.scale = false}, ModelForm{.softmax = true}}) {
    const messages::ModelProto model = model_of(graph, form);
    std::set<std::string> known;
    for (const auto& input : model.graph().input()) CHECK(known.insert(input.name()).second);
    for (const auto& tensor : model.graph().initializer()) CHECK(known.insert(tensor.name()).second);
    for (const auto& node : model.graph().node()) {
      for (const std::string& input : node.input()) {
        INFO(node.name() << " takes " << input);
        CHECK(known.contains(input));
      }
      for (const std::string& output : node.output()) CHECK(known.insert(output).second);
    }
    CHECK(model.graph().output(0).name() == form.output_name());
    CHECK(known.contains(std::string(form.output_name())));
  }
}

TEST_CASE("the tensors of a model are the parameters, under their names", "[onnx]") {
  const Graph graph = models::make_model("mlp").graph;
  const std::vector<float> weights = weights_of(graph);
  const messages::ModelProto model = model_of(graph, {.scale = false});
  REQUIRE(model.graph().initializer_size() == static_cast<int>(graph.parameters().size()));
  for (int i = 0; i < model.graph().initializer_size(); ++i) {
    const messages::TensorProto& tensor = model.graph().initializer(i);
    const Parameter& parameter = graph.parameters()[static_cast<std::size_t>(i)];
    CHECK(tensor.name() == parameter.name);
    CHECK(std::vector<std::int64_t>(tensor.dims().begin(), tensor.dims().end()) == parameter.shape.sizes());
    CHECK(tensor.data_type() == messages::TensorProto::FLOAT);
    REQUIRE(tensor.raw_data().size() == static_cast<std::size_t>(parameter.count()) * sizeof(float));
    CHECK(std::memcmp(tensor.raw_data().data(), &weights[static_cast<std::size_t>(parameter.offset)],
                      tensor.raw_data().size()) == 0);
  }
}

TEST_CASE("a model says what it is, where it is from, and which batches it takes", "[onnx]") {
  const Graph graph = models::make_model("regressor").graph;
  const messages::ModelProto model = model_of(
      graph, {}, {.name = "regressor", .version = "1.2.3", .metadata = {{"epoch", "3"}, {"seed", "7"}}});
  CHECK(model.producer_name() == "lenet");
  CHECK(model.producer_version() == "1.2.3");
  CHECK(model.opset_import(0).version() == kOpset);
  CHECK(model.graph().name() == "regressor");
  std::map<std::string, std::string> metadata;
  for (const auto& entry : model.metadata_props()) metadata[entry.key()] = entry.value();
  CHECK(metadata == std::map<std::string, std::string>{{"epoch", "3"}, {"seed", "7"}});

  const messages::TypeProto::Tensor& images = model.graph().input(0).type().tensor_type();
  CHECK(images.elem_type() == messages::TensorProto::UINT8);
  REQUIRE(images.shape().dim_size() == 4);
  CHECK(images.shape().dim(0).dim_param() == "batch");
  CHECK(images.shape().dim(1).dim_value() == 1);
  CHECK(images.shape().dim(3).dim_value() == 28);
  const messages::TypeProto::Tensor& logits = model.graph().output(0).type().tensor_type();
  CHECK(logits.shape().dim(0).dim_param() == "batch");
  CHECK(logits.shape().dim(1).dim_value() == 10);
}

TEST_CASE("a graph without logits is no model", "[onnx]") {
  Graph graph(Image{.channels = 1, .height = 6, .width = 6});
  graph.add(Conv2d{.filters = 2, .kernel = 3});
  CHECK_THROWS_AS(serialize_model(graph, weights_of(graph), {}, {}), GraphError);
}
