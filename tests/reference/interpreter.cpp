#include "tests/reference/interpreter.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <variant>

namespace lenet::reference {
namespace {

std::span<const double> part_of(std::span<const double> all, const Graph& graph, int parameter) {
  if (parameter < 0) return {};
  const Parameter& part = graph.parameters()[at(parameter)];
  return all.subspan(at(part.offset), at(part.count()));
}

Place place_of(const Graph& graph, std::size_t layer, std::span<const double> parameters, const Pass& pass) {
  const Node& node = graph.nodes()[layer];
  Place place{.node = node,
              .count = pass.count,
              .index = static_cast<std::uint32_t>(layer),
              .parameters = {},
              .dropout = pass.dropout};
  for (const int parameter : node.parameters)
    place.parameters.push_back(part_of(parameters, graph, parameter));
  return place;
}

Values absolute(std::span<const double> values) {
  Values result(values.begin(), values.end());
  for (double& value : result) value = std::abs(value);
  return result;
}

void store(const ParameterGradient& gradient, const Graph& graph, const Node& node, Values& all) {
  for (std::size_t i = 0; i < node.parameters.size(); ++i)
    std::ranges::copy(gradient[i], all.begin() + graph.parameters()[at(node.parameters[i])].offset);
}

/// The least lead of a window's maximum over what is not equal to it, among the windows of a sample's plane.
double least_lead(const MaxPool2d& pool, const double* plane, const Shape& shape) {
  const std::int64_t width = shape[2], rows = shape[1] / pool.window, columns = width / pool.window;
  double least = std::numeric_limits<double>::infinity();
  for (std::int64_t window = 0; window < rows * columns; ++window) {
    const double* corner = plane + window / columns * pool.window * width + window % columns * pool.window;
    std::vector<double> values;
    for (std::int64_t i = 0; i < pool.window * pool.window; ++i)
      values.push_back(corner[i / pool.window * width + i % pool.window]);
    const double maximum = std::ranges::max(values);
    for (const double value : values)
      if (value != maximum) least = std::min(least, maximum - value);
  }
  return least;
}

/// The distance of one sample to the kinks of one layer; infinite for layers that have none.
double kink_distance(const Node& node, const double* sample) {
  double least = std::numeric_limits<double>::infinity();
  if (std::holds_alternative<Relu>(node.layer)) {
    for (std::int64_t i = 0; i < node.input.count(); ++i)
      if (sample[i] != 0) least = std::min(least, std::abs(sample[i]));
  } else if (const auto* pool = std::get_if<MaxPool2d>(&node.layer)) {
    for (std::int64_t channel = 0; channel < node.input[0]; ++channel)
      least =
          std::min(least, least_lead(*pool, sample + channel * node.input[1] * node.input[2], node.input));
  }
  return least;
}

}  // namespace

Values widen(std::span<const float> values) { return {values.begin(), values.end()}; }

Pass forward(const Graph& graph, std::span<const double> parameters, std::span<const std::uint8_t> pixels,
             std::optional<DropoutKey> dropout) {
  Pass pass{.count = std::ssize(pixels) / graph.input_count(), .dropout = dropout};
  Values input(pixels.begin(), pixels.end());
  for (double& value : input) value /= 255.0;
  pass.values.push_back(std::move(input));
  for (std::size_t layer = 0; layer < graph.nodes().size(); ++layer)
    pass.values.push_back(layer_forward(place_of(graph, layer, parameters, pass), pass.values.back()));
  return pass;
}

Loss cross_entropy(std::span<const double> logits, std::span<const std::uint8_t> labels) {
  const std::size_t classes = logits.size() / labels.size();
  Loss loss{.gradient = Values(logits.size())};
  for (std::size_t n = 0; n < labels.size(); ++n) {
    const std::span<const double> row = logits.subspan(n * classes, classes);
    const auto largest = std::ranges::max_element(row);
    double sum = 0;
    for (const double logit : row) sum += std::exp(logit - *largest);
    loss.sum += *largest + std::log(sum) - row[labels[n]];
    if (largest - row.begin() == labels[n]) ++loss.correct;
    for (std::size_t c = 0; c < classes; ++c) {
      const double probability = std::exp(row[c] - *largest) / sum;
      const double target = c == labels[n] ? 1.0 : 0.0;
      loss.gradient[n * classes + c] = (probability - target) / static_cast<double>(labels.size());
    }
  }
  return loss;
}

Gradient backward(const Graph& graph, std::span<const double> parameters, const Pass& pass,
                  const Values& logit_gradient) {
  Gradient gradient{Values(parameters.size()), Values(parameters.size())};
  Values output_gradient = logit_gradient;
  for (std::size_t layer = graph.nodes().size(); layer-- > 0;) {
    const Place place = place_of(graph, layer, parameters, pass);
    const Values& input = pass.values[layer];
    store(layer_parameter_gradient(place, input, output_gradient), graph, place.node, gradient.values);
    if (!place.node.parameters.empty())
      store(layer_parameter_gradient(place, absolute(input), absolute(output_gradient)), graph, place.node,
            gradient.magnitudes);
    if (layer > 0) output_gradient = layer_input_gradient(place, input, output_gradient);
  }
  return gradient;
}

Training train_pass(const Graph& graph, std::span<const double> parameters,
                    std::span<const std::uint8_t> pixels, std::span<const std::uint8_t> labels,
                    std::optional<DropoutKey> dropout) {
  Training training{.pass = forward(graph, parameters, pixels, dropout)};
  training.loss = cross_entropy(training.pass.logits(), labels);
  training.gradient = backward(graph, parameters, training.pass, training.loss.gradient);
  return training;
}

Values logit_magnitudes(const Graph& graph, std::span<const double> parameters, const Pass& pass) {
  std::size_t last = graph.nodes().size() - 1;
  while (last > 0 && graph.nodes()[last].parameters.empty()) --last;
  // What follows the last parameters (ReLU, dropout, …) only selects and scales; absolute values pass it.
  Values values = absolute(pass.values[last]);
  const Values magnitudes = absolute(parameters);
  for (std::size_t layer = last; layer < graph.nodes().size(); ++layer)
    values = layer_forward(place_of(graph, layer, magnitudes, pass), values);
  return values;
}

std::vector<double> kink_distances(const Graph& graph, const Pass& pass) {
  std::vector<double> distances(at(pass.count), std::numeric_limits<double>::infinity());
  for (std::size_t layer = 0; layer < graph.nodes().size(); ++layer) {
    const Node& node = graph.nodes()[layer];
    const Values& input = pass.values[layer];
    const double largest = std::ranges::max(absolute(input));
    for (std::int64_t n = 0; n < pass.count; ++n)
      distances[at(n)] =
          std::min(distances[at(n)], kink_distance(node, input.data() + n * node.input.count()) / largest);
  }
  return distances;
}

}  // namespace lenet::reference
