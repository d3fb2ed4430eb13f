#pragma once

#include "tests/kernels/simulator/simulator.hpp"

/// What both ways of running threads, fibers.cpp and threads.cpp, share.
namespace simulator {

constexpr std::size_t kSharedBytes = 48 * 1024;  // what a kernel may use on any GPU without asking
constexpr unsigned char kPoison = 0xFF;          // bytes of a NaN
constexpr std::size_t kGap = 64;                 // between two arrays, in bytes
constexpr std::size_t kResidentBlocks = 3;       // blocks that run at the same time

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
  /// Throws Fault if anything was written between the shared arrays.
  void check_gaps() const;
};

/// Makes block number `index` of the grid ready to run.
void start(Block& block, std::size_t index, Extent grid, Extent extent);

/// 0 … count - 1 in the order that the schedule in use says: a shuffled one differs each time.
std::vector<std::size_t> next_order(std::size_t count);
/// Something below `bound` to do otherwise under a shuffled schedule; -1 under the others.
int pick(std::size_t bound);

}  // namespace simulator
