#include "engine/graph/graph.hpp"

#include <algorithm>
#include <utility>

#include "engine/core/error.hpp"
#include "engine/core/overloaded.hpp"

namespace lenet {
namespace {

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

Shape linear_output(const std::string& name, const Linear& linear, const Shape& input) {
  if (input.rank() != 1) fail(name, "expects a vector, not " + to_string(input) + "; add Flatten before it");
  if (linear.units <= 0) fail(name, "units must be positive");
  return {linear.units};
}

Shape dropout_output(const std::string& name, const Dropout& dropout, const Shape& input) {
  if (!(dropout.rate >= 0.0f && dropout.rate < 1.0f)) fail(name, "the rate must lie in [0, 1)");
  return input;
}

/// Returns the output shape of a layer. Throws GraphError if it does not accept the input shape.
Shape output_of(const std::string& name, const Layer& layer, const Shape& input) {
  return std::visit(Overloaded{
                        [&](const Conv2d& conv) { return conv_output(name, conv, input); },
                        [&](const Linear& linear) { return linear_output(name, linear, input); },
                        [&](const Relu&) { return input; },
                        [&](const MaxPool2d& pool) { return pool_output(name, pool, input); },
                        [&](const Flatten&) { return Shape{input.count()}; },
                        [&](const Dropout& dropout) { return dropout_output(name, dropout, input); },
                    },
                    layer);
}

using Parameters = std::vector<Parameter>;

/// Returns a weight and a bias, at the indices kWeight and kBias of the layer.
Parameters weight_and_bias(const std::string& name, Shape weight, std::int64_t biases) {
  return {{.name = name + ".weight", .shape = std::move(weight)},
          {.name = name + ".bias", .shape = {biases}, .initialization = Initialization::constant}};
}

/// Returns the parameters of a layer; their `offset` and `layer` are not set yet.
Parameters parameters_of(const std::string& name, const Layer& layer, const Shape& input) {
  return std::visit(
      Overloaded{
          [&](const Conv2d& conv) {
            return weight_and_bias(name, {conv.filters, input[0], conv.kernel, conv.kernel}, conv.filters);
          },
          [&](const Linear& linear) {
            return weight_and_bias(name, {linear.units, input[0]}, linear.units);
          },
          [](const Relu&) { return Parameters{}; },
          [](const MaxPool2d&) { return Parameters{}; },
          [](const Flatten&) { return Parameters{}; },
          [](const Dropout&) { return Parameters{}; },
      },
      layer);
}

std::string_view name_stem(const Layer& layer) {
  return std::visit([](const auto& kind) { return kind.kStem; }, layer);
}

}  // namespace

Graph::Graph(Image input) : input_(input), output_{input.channels, input.height, input.width} {
  if (input.channels <= 0 || input.height <= 0 || input.width <= 0)
    throw GraphError("the input must have positive sizes, not " + to_string(output_));
}

Graph& Graph::add(std::string name, Layer layer) {
  if (std::ranges::any_of(nodes_, [&](const Node& node) { return node.name == name; }))
    fail(name, "this name is taken");
  Shape output = output_of(name, layer, output_);
  Node node{.name = std::move(name), .layer = layer, .input = output_, .output = output};
  for (Parameter& parameter : parameters_of(node.name, layer, node.input)) {
    parameter.offset = parameter_count_;
    parameter.layer = static_cast<int>(nodes_.size());
    parameter_count_ += parameter.count();
    node.parameters.push_back(static_cast<int>(parameters_.size()));
    parameters_.push_back(std::move(parameter));
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

std::optional<float> dropout_rate_of(const Graph& graph) {
  for (const Node& node : graph.nodes())
    if (const auto* dropout = std::get_if<Dropout>(&node.layer)) return dropout->rate;
  return std::nullopt;
}

}  // namespace lenet
