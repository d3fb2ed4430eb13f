#pragma once

#include <cstdint>

#include "engine/cuda/runtime/memory.hpp"
#include "kernels/step_state.hpp"

namespace lenet::cuda {

/// The state of the running step in device memory, which each step advances by itself, and what the host
/// knows of it.
class StepCounter {
 public:
  StepCounter(DeviceMemory& memory, cudaStream_t stream)
      : stream_(stream), state_(memory.allocate("metrics", sizeof(kernels::StepState))) {}

  kernels::StepState* state() const { return state_.as<kernels::StepState>(); }

  /// Call before steps are queued of which the first has the number `step`: unless the device is there
  /// already, moves it there and waits.
  void expect(std::int64_t step) {
    if (step == next_) return;
    const kernels::StepState before{.step = step - 1};
    upload(std::as_bytes(std::span(&before, 1)), state_, stream_);
    next_ = step;
  }
  /// Call after steps were queued.
  void advance(std::int64_t steps) { next_ += steps; }

 private:
  cudaStream_t stream_;
  DeviceBuffer state_;
  std::int64_t next_ = -1;  ///< the number that the device will give its next step
};

}  // namespace lenet::cuda
