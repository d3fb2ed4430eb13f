#include "engine/graph/graph.hpp"

#include <algorithm>
#include <utility>

#include "engine/core/error.hpp"

namespace lenet {
namespace {

template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};

[[noreturn]] void fail(const std::string& name, const std::string& what) {
  throw GraphError("layer '" + name + "': " + what);
}

void require_image(const std::string& name, const Shape& input) {
  if (input.rank() != 3) fail(name, "expects an image C×H×W, not " + to_string(input));
}

Shape conv_output(const std::string& name, const Conv2d& conv, const Shape& input) {
  require_image(name, input);
  if (conv.filters <= 0 || conv.kernel <= 0) fail(name, "filters and kernel must be positive");
  if (conv.padding == Padding::same) {
    if (conv.kernel % 2 == 0) fail(name, "padding 'same' needs an odd kernel");
    return {conv.filters, input[1], input[2]};
  }
  if (conv.kernel > input[1] || conv.kernel > input[2])
    fail(name, "a " + std::to_string(conv.kernel) + "-wide kernel does not fit " + to_string(input));
  return {conv.filters, input[1] - conv.kernel + 1, input[2] - conv.kernel + 1};
}

Shape pool_output(const std::string& name, const MaxPool2d& pool, const Shape& input) {
  require_image(name, input);
  if (pool.window <= 0 || pool.window > input[1] || pool.window > input[2])
    fail(name, "a window of " + std::to_string(pool.window) + " does not fit " + to_string(input));
  return {input[0], input[1] / pool.window, input[2] / pool.window};
}

Shape infer_output(const std::string& name, const Layer& layer, const Shape& input) {
  return std::visit(Overloaded{
                        [&](const Conv2d& conv) { return conv_output(name, conv, input); },
                        [&](const MaxPool2d& pool) { return pool_output(name, pool, input); },
                        [&](const Linear& linear) {
                          if (input.rank() != 1)
                            fail(name,
                                 "expects a vector, not " + to_string(input) + "; add Flatten before it");
                          if (linear.units <= 0) fail(name, "units must be positive");
                          return Shape{linear.units};
                        },
                        [&](const Dropout& dropout) {
                          if (!(dropout.rate >= 0.0f && dropout.rate < 1.0f))
                            fail(name, "the rate must lie in [0, 1)");
                          return input;
                        },
                        [&](const Flatten&) { return Shape{input.count()}; },
                        [&](const Relu&) { return input; },
                    },
                    layer);
}

std::string_view name_stem(const Layer& layer) {
  static constexpr std::string_view kStems[] = {"conv", "fc", "relu", "max_pool", "flatten", "dropout"};
  return kStems[layer.index()];
}

}  // namespace

std::string_view kind_of(const Layer& layer) {
  static constexpr std::string_view kKinds[] = {"Conv2d",    "Linear",  "ReLU",
                                                "MaxPool2d", "Flatten", "Dropout"};
  static_assert(std::size(kKinds) == std::variant_size_v<Layer>);
  return kKinds[layer.index()];
}

Graph::Graph(Image input) : input_(input), output_{input.channels, input.height, input.width} {
  if (input.channels <= 0 || input.height <= 0 || input.width <= 0)
    throw GraphError("the input must have positive sizes, not " + to_string(output_));
}

Graph& Graph::add(std::string name, Layer layer) {
  if (std::ranges::any_of(nodes_, [&](const Node& node) { return node.name == name; }))
    fail(name, "this name is taken");
  Shape output = infer_output(name, layer, output_);
  Node node{.name = std::move(name), .layer = layer, .input = output_, .output = output};
  // The index that these parameters will have; the node itself is stored after them.
  const int next = static_cast<int>(parameters_.size());
  if (const auto* conv = std::get_if<Conv2d>(&layer)) {
    add_parameter(node, "weight", {conv->filters, output_[0], conv->kernel, conv->kernel});
    add_parameter(node, "bias", {conv->filters});
  } else if (const auto* linear = std::get_if<Linear>(&layer)) {
    add_parameter(node, "weight", {linear->units, output_[0]});
    add_parameter(node, "bias", {linear->units});
  }
  if (static_cast<int>(parameters_.size()) > next) {
    node.weight = next;
    node.bias = next + 1;
  }
  output_ = std::move(output);
  nodes_.push_back(std::move(node));
  return *this;
}

Graph& Graph::add(Layer layer) {
  const auto same_kind =
      std::ranges::count_if(nodes_, [&](const Node& node) { return node.layer.index() == layer.index(); });
  return add(std::string(name_stem(layer)) + std::to_string(same_kind + 1), layer);
}

std::int64_t Graph::classes() const {
  if (output_.rank() != 1) throw GraphError("the last layer gives " + to_string(output_) + ", not logits");
  return output_[0];
}

void Graph::add_parameter(const Node& node, std::string_view suffix, Shape shape) {
  Parameter parameter{.name = node.name + "." + std::string(suffix),
                      .shape = std::move(shape),
                      .offset = parameter_count_,
                      .layer = static_cast<int>(nodes_.size()),
                      .is_bias = suffix == "bias"};
  parameter_count_ += parameter.count();
  parameters_.push_back(std::move(parameter));
}

std::optional<float> dropout_rate_of(const Graph& graph) {
  for (const Node& node : graph.nodes())
    if (const auto* dropout = std::get_if<Dropout>(&node.layer)) return dropout->rate;
  return std::nullopt;
}

}  // namespace lenet
