#pragma once

#include <cstdint>
#include <vector>

#include "engine/graph/graph.hpp"

namespace lenet {

/// How a model's parameters begin: weights from N(0, stddev²), all biases equal. stddev 0 gives zeros.
struct Initializer {
  float stddev = 0.0f;
  float bias = 0.0f;
  bool truncated = false;  ///< draw again what lies beyond two standard deviations, as TensorFlow does
};

/// All parameters in canonical order; the same for a seed on every machine and device.
std::vector<float> initial_parameters(const Graph& graph, const Initializer& initializer, std::uint64_t seed);

}  // namespace lenet
