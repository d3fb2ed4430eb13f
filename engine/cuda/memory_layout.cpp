#include "engine/cuda/memory_layout.hpp"

namespace lenet::cuda {
namespace {

ElementOrder order_of_image(const Shape& shape, kernels::Layout layout) {
  if (layout == kernels::Layout::channels_first) return {.channels = 1, .pixels = shape.count()};
  return {.channels = shape[0], .pixels = shape[1] * shape[2]};
}

}  // namespace

std::vector<ElementOrder> element_orders(const Graph& graph, kernels::Layout layout) {
  const Image& image = graph.input();
  std::vector<ElementOrder> orders{order_of_image({image.channels, image.height, image.width}, layout)};
  for (const Node& node : graph.nodes()) {
    if (node.output.rank() == 3)
      orders.push_back(order_of_image(node.output, layout));
    else if (std::holds_alternative<Linear>(node.layer))
      orders.push_back({.channels = 1, .pixels = node.output.count()});
    else
      orders.push_back(orders.back());
  }
  return orders;
}

kernels::Layout layout_for(const Graph& graph) {
  using kernels::Layout;
  const bool canonical = element_orders(graph, Layout::channels_last).back().canonical();
  return canonical ? Layout::channels_last : Layout::channels_first;
}

}  // namespace lenet::cuda
