#pragma once

#include <cstdint>

#include "engine/core/learning_rate.hpp"
#include "kernels/adam.hpp"

namespace lenet::kernels {

/// The running step, in device memory: a replayed CUDA graph reads from it what changes from step to step. To
/// make `s` the next step, copy {s - 1} over it.
struct StepState {
  std::int64_t step = -1;   ///< counts from 0 over the whole run
  float learning_rate = 0;  ///< of this step
  AdamStep adam{};          ///< corrections of this step
};

/// An optimizer's settings for a whole run; see adam_step(). The betas are 0 for SGD.
struct OptimizerHyper {
  LearningRate learning_rate;
  float beta1 = 0, beta2 = 0, epsilon = 0;
};

struct BeginStepArgs {
  StepState* state = nullptr;
  OptimizerHyper optimizer;
};

/// Advances the state to the next step. One thread of a step's first kernel calls it, before any other kernel
/// reads the state: Adam's powers take double precision, too slow for every thread to compute.
LENET_HOST_DEVICE inline void begin_step(const BeginStepArgs& args) {
  const std::int64_t step = args.state->step + 1;
  const OptimizerHyper& optimizer = args.optimizer;
  const float rate = at(optimizer.learning_rate, step);
  *args.state = {step, rate, adam_step(rate, optimizer.beta1, optimizer.beta2, optimizer.epsilon, step)};
}

}  // namespace lenet::kernels
