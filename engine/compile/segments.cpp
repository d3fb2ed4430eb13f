#include "engine/compile/segments.hpp"

namespace lenet::compile {
namespace {

/// Adds the node at `index` to the segment if its layer may follow those already in it. Returns whether it
/// did.
bool extend(Segment& segment, const Layer& layer, int index) {
  switch (fusion_of(layer)) {
    case Fusion::main:
    case Fusion::none:
      return false;
    case Fusion::relu:
      if (segment.relu || segment.pool || segment.dropout) return false;
      segment.relu = index;
      return true;
    case Fusion::pool:
      if (segment.pool || segment.dropout) return false;
      segment.pool = index;
      return true;
    case Fusion::dropout:
      if (segment.dropout) return false;
      segment.dropout = index;
      return true;
  }
  return false;
}

}  // namespace

std::vector<Segment> fuse(const Graph& graph) {
  const std::span<const Node> nodes = graph.nodes();
  std::vector<Segment> segments;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const int index = static_cast<int>(i);
    const bool open = !segments.empty() && fusion_of(segments.back().main().layer) != Fusion::none;
    if (open && extend(segments.back(), nodes[i].layer, index)) {
      Segment& segment = segments.back();
      segment.nodes = nodes.subspan(static_cast<std::size_t>(segment.first), segment.nodes.size() + 1);
      continue;
    }
    segments.push_back({.nodes = nodes.subspan(i, 1), .first = index});
    extend(segments.back(), nodes[i].layer, index);
  }
  if (!segments.empty()) segments.back().last = true;
  return segments;
}

}  // namespace lenet::compile
