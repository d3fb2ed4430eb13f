#pragma once

#include "tests/kernels/simulator/simulator.hpp"

/// Replaces CUDA's header of this name where kernels run in the simulator.
inline void __pipeline_memcpy_async(void* to, const void* from, std::size_t bytes) {
  simulator::copy_async(to, from, bytes);
}
inline void __pipeline_commit() { simulator::commit_copies(); }
inline void __pipeline_wait_prior(int pending) { simulator::wait_for_copies(pending); }
