#pragma once

#include "tests/kernels/simulator/simulator.hpp"

/// Blocks and shared memory, common to both implementations of threads: fibers.cpp and threads.cpp.
namespace simulator {

constexpr unsigned char kPoison = 0xFF;     // bytes of a NaN
constexpr std::size_t kGap = 64;            // between two arrays, in bytes
constexpr std::size_t kResidentBlocks = 3;  // blocks that run concurrently

struct Block {
  struct Gap {
    std::size_t begin, end;
    bool operator==(const Gap&) const = default;
  };

  std::vector<Thread> threads;
  std::vector<Warp> warps;
  std::vector<unsigned char> shared;
  std::vector<Gap> gaps;

  void* shared_memory(Thread& thread, std::size_t bytes, std::size_t alignment);
  void* dynamic_shared_memory() { return shared.data() + kSharedBytes; }
  /// Throws Fault if anything was written between the shared arrays.
  void check_gaps() const;
};

/// Prepares block number `index` of the grid to run.
void start(Block& block, std::size_t index, Extent grid, Extent extent, const LaunchOptions& options);
/// Throws Fault if the current thread's launch has no grid barrier.
void require_cooperative();

/// Returns 0 … count - 1 in the order of the current schedule; a shuffled one differs from call to call.
std::vector<std::size_t> next_order(std::size_t count);
/// Returns a random number below `bound` under a shuffled schedule, and -1 under the others.
int pick(std::size_t bound);

}  // namespace simulator
