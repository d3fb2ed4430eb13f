#pragma once

#include <cstdint>
#include <vector>

#include "engine/graph/graph.hpp"

namespace lenet {

/// The initial values of a model's parameters: weights from N(0, stddev²) and one constant for all biases.
/// With stddev 0 the weights are zero.
struct Initializer {
  float stddev = 0.0f;
  float bias = 0.0f;
  bool truncated = false;  ///< redraw values beyond two standard deviations, as TensorFlow does
};

/// Returns all parameters in canonical order. They depend on the seed only, not on machine or device.
std::vector<float> initial_parameters(const Graph& graph, const Initializer& initializer, std::uint64_t seed);

}  // namespace lenet
