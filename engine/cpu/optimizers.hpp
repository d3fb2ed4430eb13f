#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/graph/optimizer.hpp"

namespace lenet::cpu {

/// The arrays that an optimizer reads and changes, `count` floats each.
struct OptimizerArrays {
  float* weights = nullptr;
  const float* gradients = nullptr;
  float* const* moments = nullptr;  ///< as many as the optimizer keeps
  std::size_t count = 0;
};

/// Takes one step, which counts from 0, over all parameters. Returns whether all new weights are finite.
bool optimizer_step(const Optimizer& optimizer, const OptimizerArrays& arrays, std::int64_t step);

}  // namespace lenet::cpu
