#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/graph/graph.hpp"
#include "tests/reference/layers.hpp"

/// Any graph, interpreted layer by layer in double precision.
namespace lenet::reference {

Values widen(std::span<const float> values);

/// A forward pass over `count` samples.
struct Pass {
  std::int64_t count = 0;
  std::optional<DropoutKey> dropout;
  std::vector<Values> values;  ///< the input of every layer, N×input, and the logits last

  const Values& logits() const { return values.back(); }
};

/// Pixels N×C×H×W are divided by 255; parameters are in canonical order. Without `dropout`: evaluation.
Pass forward(const Graph& graph, std::span<const double> parameters, std::span<const std::uint8_t> pixels,
             std::optional<DropoutKey> dropout = {});

/// Softmax cross-entropy over a batch.
struct Loss {
  double sum = 0;            ///< in nats
  std::int64_t correct = 0;  ///< samples whose label has the first of the largest logits
  Values gradient;           ///< of the mean over the batch, in the logits
};
Loss cross_entropy(std::span<const double> logits, std::span<const std::uint8_t> labels);

/// The gradient in every parameter, in canonical order, and the sum of the absolute values of the terms that
/// each one is a sum of: rounding errors are relative to that.
struct Gradient {
  Values values;
  Values magnitudes;
};
Gradient backward(const Graph& graph, std::span<const double> parameters, const Pass& pass,
                  const Values& logit_gradient);

/// What a training step computes before it changes the parameters.
struct Training {
  Pass pass;
  Loss loss;
  Gradient gradient;
};
Training train_pass(const Graph& graph, std::span<const double> parameters,
                    std::span<const std::uint8_t> pixels, std::span<const std::uint8_t> labels,
                    std::optional<DropoutKey> dropout = {});

/// For each logit the sum of the absolute values of the terms of its last sum.
Values logit_magnitudes(const Graph& graph, std::span<const double> parameters, const Pass& pass);

/// How far each sample of a pass is from the nearest kink: the least |x| at a ReLU's input and the least
/// lead of a pooling window's maximum over its second, relative to the largest |x| of that layer in the
/// batch. Exact zeros and exact ties do not count: they are equal in every precision. Nearer to a kink than
/// its own rounding error, a float32 program may lawfully take the other side.
std::vector<double> kink_distances(const Graph& graph, const Pass& pass);

}  // namespace lenet::reference
