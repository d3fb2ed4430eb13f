#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/graph/optimizer.hpp"

namespace lenet::cpu {

/// The arrays of an optimizer step, `count` floats each.
struct OptimizerArrays {
  float* weights = nullptr;
  const float* gradients = nullptr;
  float* const* moments = nullptr;  ///< one array per moment of the optimizer
  std::size_t count = 0;
};

/// Takes one step over all parameters; `step` counts from 0. Returns whether all new weights are finite.
bool optimizer_step(const Optimizer& optimizer, const OptimizerArrays& arrays, std::int64_t step);

}  // namespace lenet::cpu
