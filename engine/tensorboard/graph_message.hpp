#pragma once

#include <string>

#include "engine/graph/graph.hpp"

namespace lenet::tensorboard {

/// The model as TensorFlow's GraphDef, serialized: each layer a node, or a group of its operation and its
/// parameters, with the shapes between them; from the images to the loss.
std::string graph_message(const Graph& graph);

}  // namespace lenet::tensorboard
