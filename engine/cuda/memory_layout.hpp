#pragma once

#include <cstdint>
#include <vector>

#include "engine/graph/graph.hpp"
#include "kernels/layout.hpp"

namespace lenet::cuda {

/// The order of one sample's values in memory: pixels×channels, where the graph's order is C, H, W. With one
/// channel or one pixel the two are equal.
struct MemoryLayout {
  std::int64_t channels = 1, pixels = 1;
  bool canonical() const { return channels == 1 || pixels == 1; }
};

/// The layout of each node's input and, at the end, that of the last node's output. Flattening moves nothing:
/// under channels_last a flattened image is still in the order H, W, C, and the dense layer after it has the
/// columns of its weights in that order.
std::vector<MemoryLayout> memory_layouts(const Graph& graph, kernels::Layout layout);

/// channels_last, which tensor cores like best, unless the logits are a flattened image: those have to come
/// out in the graph's order.
///
/// In float32 channels_first would spare cuDNN some transposition: on an H200, the first engines of
/// cuDNN 9.19 for the CNN's second convolution transpose all arrays for the output and the data gradient,
/// there for the weight gradient alone. But the own first convolution needs channels_last, and the engines
/// without a workspace are the generic ones, last in cuDNN's order.
kernels::Layout layout_for(const Graph& graph);

}  // namespace lenet::cuda
