#include <algorithm>
#include <barrier>
#include <memory>
#include <thread>

#include "tests/kernels/simulator/block.hpp"

// CUDA threads as threads of the system, for the thread sanitizer: it reports two threads that touch the same
// memory with no barrier in between, whatever the schedule. Fibers are beyond it.
namespace simulator {
namespace {

using Barrier = std::barrier<>;

thread_local Thread* self = nullptr;
thread_local Block* own_block = nullptr;
thread_local Barrier* block_barrier = nullptr;
thread_local Barrier* warp_barrier = nullptr;

/// Runs one block to its end.
void run_block(Block& block, const std::function<void()>& body) {
  const std::size_t count = block.threads.size();
  Barrier whole(static_cast<std::ptrdiff_t>(count));
  std::vector<std::unique_ptr<Barrier>> warps;
  for (std::size_t lane = 0; lane < count; lane += 32)
    warps.push_back(
        std::make_unique<Barrier>(static_cast<std::ptrdiff_t>(std::min<std::size_t>(32, count - lane))));
  std::vector<std::jthread> threads;
  for (std::size_t t = 0; t < count; ++t) {
    threads.emplace_back([&, t] {
      self = &block.threads[t];
      own_block = &block;
      block_barrier = &whole;
      warp_barrier = warps[t / 32].get();
      body();
      warp_barrier->arrive_and_drop();
      block_barrier->arrive_and_drop();
    });
  }
}

}  // namespace

Thread& current() { return *self; }
void sync_block(int) { block_barrier->arrive_and_wait(); }
void sync_warp(int) { warp_barrier->arrive_and_wait(); }
void* shared_memory(std::size_t bytes, std::size_t alignment) {
  return own_block->shared_memory(*self, bytes, alignment);
}

void launch(Extent grid, Extent extent, const std::function<void()>& body) {
  std::vector<Block> resident(kResidentBlocks);
  for (std::size_t next = 0; next < grid.count(); next += kResidentBlocks) {
    std::vector<std::jthread> blocks;
    for (std::size_t b = 0; b < std::min(kResidentBlocks, grid.count() - next); ++b) {
      start(resident[b], next + b, grid, extent);
      blocks.emplace_back([&, b] { run_block(resident[b], body); });
    }
  }
}

}  // namespace simulator
