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

/// The initial values of a parameter; see Initializer.
enum class Initialization {
  normal,    ///< drawn from the model's normal distribution
  constant,  ///< the model's initial bias
};

/// A trainable tensor. The canonical order, that of checkpoints and of Program::set_parameters, is one flat
/// array of floats that holds all parameters of a graph without gaps, in PyTorch's layouts (O×I×K×K, out×in,
/// biases as vectors).
struct Parameter {
  std::string name;  ///< "conv1.weight", as PyTorch's state_dict has it
  Shape shape;
  Initialization initialization = Initialization::normal;
  std::int64_t offset = 0;  ///< index of its first float in the flat array
  int layer = 0;            ///< index of its layer in the graph

  std::int64_t count() const { return shape.count(); }
  /// Returns its values in a flat array of all parameters.
  template <class T>
  std::span<T> in(std::span<T> values) const {
    return values.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(count()));
  }
  /// Returns the name without the layer's: "weight".
  std::string_view suffix() const { return std::string_view(name).substr(name.rfind('.') + 1); }
};

/// A layer of a graph, with its shapes and parameters.
struct Node {
  std::string name;  ///< given by the model, or generated from the layer's stem: "relu1"
  Layer layer;
  Shape input;                  ///< of one sample
  Shape output;                 ///< of one sample
  std::vector<int> parameters;  ///< indices in Graph::parameters(), in the layer's order
};

/// A chain of layers with inferred shapes, independent of any device and without weights. The last layer's
/// output is the logits, one per class. Softmax cross-entropy is part of training, not a layer.
class Graph {
 public:
  /// `input`: shape of a sample. Every backend converts its uint8 pixels to floats by dividing by 255.
  explicit Graph(Image input);

  /// Appends a layer. Throws GraphError if it does not accept the current output shape or the name is taken.
  Graph& add(std::string name, Layer layer);
  /// Appends a layer under a generated name, its stem and a number: "relu1", "max_pool1".
  Graph& add(Layer layer);

  const Image& input() const { return input_; }
  std::int64_t input_count() const { return input_.count(); }
  std::span<const Node> nodes() const { return nodes_; }
  std::span<const Parameter> parameters() const { return parameters_; }
  /// Returns the number of floats in all parameters together.
  std::int64_t parameter_count() const { return parameter_count_; }
  /// Returns the output shape of the last layer, for one sample.
  const Shape& output() const { return output_; }
  /// Returns the number of logits. Throws GraphError unless the output is a vector.
  std::int64_t classes() const;

 private:
  Image input_;
  Shape output_;
  std::vector<Node> nodes_;
  std::vector<Parameter> parameters_;
  std::int64_t parameter_count_ = 0;
};

/// Returns the rate of the graph's first dropout layer, or nullopt if it has none.
std::optional<float> dropout_rate_of(const Graph& graph);

}  // namespace lenet
