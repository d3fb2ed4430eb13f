#pragma once

#include <cstdint>
#include <vector>

#include "engine/graph/recipe.hpp"
#include "tests/reference/layers.hpp"

namespace lenet::reference {

/// What an optimizer step changes; `moments` is empty for SGD, and first and second for Adam.
struct TrainingState {
  Values parameters;
  std::vector<Values> moments;
};

/// The state before the first step: all moments zero.
TrainingState initial_state(const Optimizer& optimizer, Values parameters);

/// One step; `step` counts from 0.
void optimizer_step(const Optimizer& optimizer, const Values& gradient, std::int64_t step,
                    TrainingState& state);

/// The parameter that Adam's step number `step` makes of `parameter`, given the moments after that step's
/// gradient.
double adam_parameter(const Adam& adam, double parameter, double moment1, double moment2, std::int64_t step);

}  // namespace lenet::reference
