#pragma once

#include "engine/cuda/runtime/handles.hpp"

namespace lenet::cuda {

/// Makes `later` wait for what `earlier` was given so far. `event` marks the place.
inline void make_wait(cudaStream_t later, cudaStream_t earlier, const Event& event) {
  LENET_CHECK(cudaEventRecord(event.get(), earlier));
  LENET_CHECK(cudaStreamWaitEvent(later, event.get(), 0));
}

/// A stream for the part of a step that can run next to the rest, with the events that order the two. Where a
/// step is captured, this stream is captured with it, and the step's graph has two branches.
///
///     the plan's stream: … masked gradient ─┬─ data gradient ───┬─ earlier layers, their update ─┬─ …
///     side branch:                          └─ weight gradient ─┴─ update ───────────────────────┘
///                                        forked            weights_read                       joined
struct SideBranch {
  Stream stream;
  Event forked, weights_read, joined;
};

}  // namespace lenet::cuda
