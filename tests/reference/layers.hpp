#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/graph/graph.hpp"

/// What every layer computes, in double precision and in the plainest loops: the standard that backends are
/// measured against. Nothing here is shared with them but the words of Philox, which define dropout's masks.
namespace lenet::reference {

using Values = std::vector<double>;

inline std::size_t at(std::int64_t index) { return static_cast<std::size_t>(index); }

/// What a training step's dropout masks depend on; evaluation has none.
struct DropoutKey {
  std::uint64_t seed = 0;
  std::uint64_t step = 0;
};

/// A layer in its place during a pass over `count` samples.
struct Place {
  const Node& node;
  std::int64_t count = 0;
  std::uint32_t index = 0;                          ///< of the layer in its graph
  std::vector<std::span<const double>> parameters;  ///< in the layer's order
  std::optional<DropoutKey> dropout;
};

/// The outputs, N×output, of inputs N×input.
Values layer_forward(const Place& place, const Values& input);

/// The gradient of the loss in the layer's inputs, given the gradient in its outputs.
Values layer_input_gradient(const Place& place, const Values& input, const Values& output_gradient);

/// The gradient of the loss in the layer's parameters, in the layer's order.
using ParameterGradient = std::vector<Values>;
ParameterGradient layer_parameter_gradient(const Place& place, const Values& input,
                                           const Values& output_gradient);

}  // namespace lenet::reference
