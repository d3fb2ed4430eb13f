#pragma once

#include <cstdint>
#include <vector>

#include "engine/graph/graph.hpp"
#include "kernels/layout.hpp"

namespace lenet::cuda {

/// How the values of one sample lie in memory against the graph's order (C, H, W): as pixels×channels. With
/// one channel or one pixel that is the same.
struct ElementOrder {
  std::int64_t channels = 1, pixels = 1;
  bool canonical() const { return channels == 1 || pixels == 1; }
};

/// The order of each node's input, and at the end that of the last node's output. Flattening moves nothing:
/// under channels_last a flattened image is still in the order H, W, C, and the dense layer behind it has the
/// columns of its weights in that order.
std::vector<ElementOrder> element_orders(const Graph& graph, kernels::Layout layout);

/// channels_last, which tensor cores like best, unless the logits are a flattened image: those have to come
/// out in the graph's order.
kernels::Layout layout_for(const Graph& graph);

}  // namespace lenet::cuda
