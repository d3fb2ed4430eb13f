#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/graph/graph.hpp"

namespace lenet::compile {

/// A node with its index in the graph, which is part of the key of its dropout mask.
struct PlacedNode {
  const Node& node;
  int index = 0;
};

/// Consecutive nodes that a backend may compile into one op: a main layer, followed by ReLU, pooling and
/// dropout in this order, each of them optional. Without a layer before it, a ReLU, pooling or dropout is
/// itself the main layer.
struct Segment {
  std::span<const Node> nodes;  ///< at least one; a view into the graph
  int first = 0;                ///< index of the main node in the graph
  std::optional<int> relu;      ///< these three: index in the graph, or nullopt
  std::optional<int> pool;
  std::optional<int> dropout;
  bool last = false;  ///< its result is the logits

  const Node& main() const { return nodes.front(); }
  PlacedNode at(int index) const { return {nodes[static_cast<std::size_t>(index - first)], index}; }
};

/// Splits a graph into segments, each as long as possible. They are views into the graph.
std::vector<Segment> fuse(const Graph& graph);

}  // namespace lenet::compile
