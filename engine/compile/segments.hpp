#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/graph/graph.hpp"

namespace lenet::compile {

/// A node and its index in the graph, which keys its dropout mask.
struct PlacedNode {
  const Node& node;
  int index = 0;
};

/// Consecutive nodes that a backend may compile into one op: a main layer and, in this order, the ReLU,
/// pooling and dropout that follow it directly. Each of these may be missing; where there is no other main
/// layer, the first of them is the main one.
struct Segment {
  std::span<const Node> nodes;  ///< at least one; the graph's own
  int first = 0;                ///< index of the main node in the graph
  std::optional<int> relu;      ///< indices in the graph
  std::optional<int> pool;
  std::optional<int> dropout;
  bool last = false;  ///< gives the logits

  const Node& main() const { return nodes.front(); }
  PlacedNode at(int index) const { return {nodes[static_cast<std::size_t>(index - first)], index}; }
};

/// Cuts a graph into segments, as long as possible. They refer to the graph.
std::vector<Segment> fuse(const Graph& graph);

}  // namespace lenet::compile
