#pragma once

#include <cstdint>

#include "engine/graph/optimizer.hpp"
#include "kernels/adam.hpp"

namespace lenet::cpu {

/// What happens to a gradient as soon as a part of it is known: a step's optimizer with its settings, or
/// storing it.
struct UpdateRule {
  enum class Kind { store, sgd, adam };

  Kind kind = Kind::store;
  float learning_rate = 0;  ///< for SGD
  kernels::AdamStep adam{};
  float* weights = nullptr;    ///< all parameters
  float* moments[2] = {};      ///< Adam's
  float* gradients = nullptr;  ///< receives the gradient, for Kind::store
};

/// Returns the rule for one step, which counts from 0; its arrays are not set.
UpdateRule update_rule(const Optimizer& optimizer, std::int64_t step);

}  // namespace lenet::cpu
