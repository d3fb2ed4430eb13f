#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <variant>

#include "engine/graph/graph.hpp"

/// How far a float32 program may lie from the double-precision reference: the one place for tolerances.
///
/// Rounding errors behave as random: adding n terms in float32 in any order, with or without fused
/// multiply-adds, is off by about √n · u times the size of the sum, u = 2⁻²⁴ (Higham and Mary, "A new
/// approach to probabilistic rounding error analysis", 2019; the certain bound, n · u, is far from what is
/// seen). The errors of the layers that a number passes through add up. "Size" is the largest value of the
/// tensor, since single elements may cancel to nearly nothing.
///
/// These tolerances are for comparisons away from the kinks of ReLU and max-pooling; see
/// reference::kink_distances.
namespace lenet::tolerance {

/// Unit roundoff of float32.
inline constexpr double kRoundoff = 0x1p-24;

/// The relative error of a sum of `terms` products. The 2 is for chance: a naive float32 program came to half
/// of what it would be without.
inline double of_sum(std::int64_t terms) { return 2 * std::sqrt(static_cast<double>(terms)) * kRoundoff; }

/// What one layer adds to the relative error of its outputs: a dense layer or convolution a sum over its
/// fan-in and bias, dropout a rounded scale, the others nothing.
inline double of_layer_forward(const Graph& graph, const Node& node) {
  if (std::holds_alternative<Dropout>(node.layer)) return kRoundoff;
  if (node.parameters.empty()) return 0;
  const Parameter& weight = graph.parameters()[static_cast<std::size_t>(node.parameters.front())];
  return of_sum(weight.count() / weight.shape[0] + 1);
}

/// What one layer adds to the relative error of the gradient that it passes back: a sum over its outputs that
/// an input reaches.
inline double of_layer_backward(const Node& node) {
  if (std::holds_alternative<Dropout>(node.layer)) return kRoundoff;
  if (const auto* conv = std::get_if<Conv2d>(&node.layer))
    return of_sum(conv->filters * conv->kernel * conv->kernel);
  if (const auto* linear = std::get_if<Linear>(&node.layer)) return of_sum(linear->units);
  return 0;
}

/// The terms of a logit: the fan-in of the last layer that has parameters, and its bias.
inline std::int64_t logit_terms(const Graph& graph) {
  if (graph.parameters().empty()) return 1;
  const Parameter& weight = graph.parameters()[graph.parameters().size() - 2];
  return weight.count() / weight.shape[0] + 1;
}

/// The error of logits, relative to the largest of them. The pixel's division by 255 rounds once.
inline double of_logits(const Graph& graph) {
  double error = kRoundoff;
  for (const Node& node : graph.nodes()) error += of_layer_forward(graph, node);
  return error;
}

/// The absolute error of one sample's loss: it moves at most twice as far as the logits do, and is itself
/// rounded a few times (exponentials, their sum, the logarithm).
inline double of_sample_loss(const Graph& graph, double largest_logit, double largest_loss) {
  return 2 * of_logits(graph) * largest_logit +
         (4 + std::sqrt(static_cast<double>(graph.classes()))) * kRoundoff * std::max(1.0, largest_loss);
}

/// The terms of one element of a parameter's gradient: samples × positions of a filter.
inline std::int64_t gradient_terms(const Graph& graph, const Parameter& parameter, std::int64_t count) {
  const Shape& output = graph.nodes()[static_cast<std::size_t>(parameter.layer)].output;
  return output.rank() == 3 ? count * output[1] * output[2] : count;
}

/// The error of a parameter's gradient over `count` samples, relative to the largest element of its tensor:
/// what the activations are off by, what the logits' absolute error makes of the probabilities (the slope
/// of softmax is p (1 - p), at most a quarter), what each layer behind this one adds on the way back, and the
/// sum over samples and positions.
inline double of_gradient(const Graph& graph, const Parameter& parameter, std::int64_t count,
                          double largest_logit) {
  double error = of_logits(graph) * (1 + largest_logit / 4) + 4 * kRoundoff;
  for (const Node& later : graph.nodes().subspan(static_cast<std::size_t>(parameter.layer) + 1))
    error += of_layer_backward(later);
  return error + of_sum(gradient_terms(graph, parameter, count));
}

/// The size that a sum's error is relative to, when it is one of `terms` terms with absolute values adding up
/// to `magnitude`: what it would come to if their signs were random. Keeps a tensor of one element that
/// happens to cancel from being held to a size that it has by chance.
inline double typical_size(double magnitude, std::int64_t terms) {
  return magnitude / std::sqrt(static_cast<double>(terms));
}

}  // namespace lenet::tolerance
