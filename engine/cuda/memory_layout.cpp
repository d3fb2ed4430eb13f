#include "engine/cuda/memory_layout.hpp"

#include "engine/core/overloaded.hpp"

namespace lenet::cuda {
namespace {

MemoryLayout layout_of_image(const Shape& shape, kernels::Layout layout) {
  if (layout == kernels::Layout::channels_first) return {.channels = 1, .pixels = shape.count()};
  return {.channels = shape[0], .pixels = shape[1] * shape[2]};
}

}  // namespace

std::vector<MemoryLayout> memory_layouts(const Graph& graph, kernels::Layout layout) {
  const Image& image = graph.input();
  std::vector<MemoryLayout> layouts{layout_of_image({image.channels, image.height, image.width}, layout)};
  for (const Node& node : graph.nodes()) {
    const MemoryLayout& input = layouts.back();
    const auto as_image = [&] { return layout_of_image(node.output, layout); };
    layouts.push_back(std::visit(
        Overloaded{
            [&](const Conv2d&) { return as_image(); },
            [&](const MaxPool2d&) { return as_image(); },
            [&](const Linear&) { return MemoryLayout{.channels = 1, .pixels = node.output.count()}; },
            [&](const Relu&) { return input; },
            [&](const Flatten&) { return input; },
            [&](const Dropout&) { return input; },
        },
        node.layer));
  }
  return layouts;
}

kernels::Layout layout_for(const Graph& graph) {
  using kernels::Layout;
  const bool canonical = memory_layouts(graph, Layout::channels_last).back().canonical();
  return canonical ? Layout::channels_last : Layout::channels_first;
}

}  // namespace lenet::cuda
