#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/graph/graph.hpp"
#include "engine/onnx/onnx.pb.h"

/// Included only by the sources of this folder.
namespace lenet::onnx {

/// Writes a chain of operators into a message: each takes the output of the one before it.
class GraphWriter {
 public:
  /// `input`: name of the value that the first operator takes.
  GraphWriter(messages::GraphProto& message, std::string_view input) : message_(message), last_(input) {}

  /// Appends an operator with one output. Returns it, for attributes and further inputs. Values are named
  /// after their operators, "conv1/output", which no parameter or input is.
  messages::NodeProto& add(std::string_view type, std::string_view name);
  /// Appends the operator of a layer and the tensors of its parameters.
  void add_layer(const Graph& graph, const Node& node, std::span<const float> parameters);
  /// Adds a constant tensor.
  void add_tensor(const std::string& name, const Shape& shape, std::span<const float> values);
  /// Gives the output of the last operator, of which there must be one, its name in the model.
  void finish(std::string_view output);

 private:
  messages::GraphProto& message_;
  std::string last_;  ///< name of the newest value
  messages::NodeProto* newest_ = nullptr;
};

void set_attribute(messages::NodeProto& node, std::string_view name, std::int64_t value);
void set_attribute(messages::NodeProto& node, std::string_view name, std::span<const std::int64_t> values);

}  // namespace lenet::onnx
