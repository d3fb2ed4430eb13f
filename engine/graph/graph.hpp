#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/image.hpp"
#include "engine/core/shape.hpp"
#include "engine/graph/layers.hpp"

namespace lenet {

/// How a parameter begins; see Initializer.
enum class Initialization {
  normal,    ///< drawn from the model's normal distribution
  constant,  ///< the model's constant for biases
};

/// A trainable tensor. All of a graph's parameters follow each other without gaps in one flat array of floats
/// in PyTorch's layouts (O×I×K×K, out×in, biases as vectors): the canonical order of checkpoints and of
/// Program::set_parameters.
struct Parameter {
  std::string name;  ///< "conv1.weight", as PyTorch's state_dict has it
  Shape shape;
  Initialization initialization = Initialization::normal;
  std::int64_t offset = 0;  ///< of its first float in the flat array
  int layer = 0;            ///< index of its layer in the graph

  std::int64_t count() const { return shape.count(); }
  /// "weight": its name without the layer's.
  std::string_view suffix() const { return std::string_view(name).substr(name.rfind('.') + 1); }
};

/// A layer in its place.
struct Node {
  std::string name;  ///< given by the model, or made from the layer's stem: "relu1"
  Layer layer;
  Shape input;                  ///< of one sample
  Shape output;                 ///< of one sample
  std::vector<int> parameters;  ///< indices in Graph::parameters(), in the layer's order
};

/// A chain of layers with inferred shapes; no device, no weights. The last output is the logits, one per
/// class; softmax and cross-entropy belong to training and are no layers.
class Graph {
 public:
  /// Every backend turns the input's uint8 pixels into floats by dividing by 255.
  explicit Graph(Image input);

  /// Appends a layer. Throws GraphError if it does not fit the shape so far or the name is taken.
  Graph& add(std::string name, Layer layer);
  /// Appends a layer under a name made from its stem and a count: "relu1", "max_pool1".
  Graph& add(Layer layer);

  const Image& input() const { return input_; }
  std::int64_t input_count() const { return input_.count(); }
  std::span<const Node> nodes() const { return nodes_; }
  std::span<const Parameter> parameters() const { return parameters_; }
  /// All floats of all parameters.
  std::int64_t parameter_count() const { return parameter_count_; }
  /// The shape of one sample after the last layer so far.
  const Shape& output() const { return output_; }
  /// The number of logits. Throws GraphError unless the output is a vector.
  std::int64_t classes() const;

 private:
  Image input_;
  Shape output_;
  std::vector<Node> nodes_;
  std::vector<Parameter> parameters_;
  std::int64_t parameter_count_ = 0;
};

/// The rate of the graph's first dropout layer, if it has one.
std::optional<float> dropout_rate_of(const Graph& graph);

}  // namespace lenet
