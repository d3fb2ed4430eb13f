#pragma once

#include "engine/core/learning_rate.hpp"
#include "kernels/adam.hpp"
#include "kernels/launch.cuh"

namespace lenet::kernels {

/// The running step, in device memory: a CUDA graph that is replayed finds there what changes from step to
/// step. To begin at step s, copy {s - 1} over it.
struct StepState {
  std::int64_t step = -1;   ///< counts from 0 over the whole run
  float learning_rate = 0;  ///< of this step
  AdamStep adam{};          ///< of this step
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

/// Goes on to the next step: what the first kernel of a step does with one of its threads, before any other
/// kernel reads the state. The powers take double precision, which is why not every thread of Adam computes
/// them.
__device__ inline void begin_step(const BeginStepArgs& args) {
  const std::int64_t step = args.state->step + 1;
  const OptimizerHyper& optimizer = args.optimizer;
  const float rate = at(optimizer.learning_rate, step);
  *args.state = {step, rate, adam_step(rate, optimizer.beta1, optimizer.beta2, optimizer.epsilon, step)};
}

/// The same as a kernel of its own.
[[nodiscard]] cudaError_t launch_begin_step(const BeginStepArgs& args, cudaStream_t stream);

}  // namespace lenet::kernels
