#include "engine/compile/segments.hpp"

#include "engine/core/overloaded.hpp"

namespace lenet::compile {
namespace {

/// Whether node number `index` may follow what the segment holds. Adds it if so.
bool extend(Segment& segment, const Layer& layer, int index) {
  return std::visit(Overloaded{
                        [](const Conv2d&) { return false; },
                        [](const Linear&) { return false; },
                        [](const Flatten&) { return false; },
                        [&](const Relu&) {
                          if (segment.relu || segment.pool || segment.dropout) return false;
                          segment.relu = index;
                          return true;
                        },
                        [&](const MaxPool2d&) {
                          if (segment.pool || segment.dropout) return false;
                          segment.pool = index;
                          return true;
                        },
                        [&](const Dropout&) {
                          if (segment.dropout) return false;
                          segment.dropout = index;
                          return true;
                        },
                    },
                    layer);
}

}  // namespace

std::vector<Segment> fuse(const Graph& graph) {
  const std::span<const Node> nodes = graph.nodes();
  std::vector<Segment> segments;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const int index = static_cast<int>(i);
    // Flattening moves nothing, and nothing is fused with it.
    const bool open = !segments.empty() && !std::holds_alternative<Flatten>(segments.back().main().layer);
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
