#include <algorithm>
#include <barrier>
#include <memory>
#include <thread>

#include "tests/kernels/simulator/block.hpp"

// Runs CUDA threads as threads of the system, for the thread sanitizer: it reports two threads that access
// the same memory with no barrier in between, whatever the schedule. It does not see fibers.
namespace simulator {
namespace {

using Barrier = std::barrier<>;

/// A running block with its barriers.
struct RunningBlock {
  Block block;
  std::unique_ptr<Barrier> whole;
  std::vector<std::unique_ptr<Barrier>> warps;

  RunningBlock(std::size_t index, Extent grid, Extent extent, const LaunchOptions& options) {
    start(block, index, grid, extent, options);
    const std::size_t count = extent.count();
    whole = std::make_unique<Barrier>(static_cast<std::ptrdiff_t>(count));
    for (std::size_t lane = 0; lane < count; lane += 32)
      warps.push_back(
          std::make_unique<Barrier>(static_cast<std::ptrdiff_t>(std::min<std::size_t>(32, count - lane))));
  }
};

Barrier* grid_barrier = nullptr;
thread_local RunningBlock* running = nullptr;
thread_local Thread* self = nullptr;
thread_local Barrier* warp_barrier = nullptr;

void run_thread(RunningBlock& block, std::size_t t, const std::function<void()>& body) {
  running = &block;
  self = &block.block.threads[t];
  warp_barrier = block.warps[t / 32].get();
  body();
  warp_barrier->arrive_and_drop();
  block.whole->arrive_and_drop();
}

/// Runs every `concurrent`-th block of the grid from `first` on, with the same threads: starting new ones for
/// each block would take longer than they run.
void run_blocks(std::size_t first, std::size_t concurrent, Extent grid, Extent extent,
                const std::function<void()>& body, const LaunchOptions& options) {
  std::unique_ptr<RunningBlock> block;
  Barrier between(static_cast<std::ptrdiff_t>(extent.count()));
  const auto run_all = [&](std::size_t t) {
    for (std::size_t index = first; index < grid.count(); index += concurrent) {
      if (t == 0) block = std::make_unique<RunningBlock>(index, grid, extent, options);
      between.arrive_and_wait();
      run_thread(*block, t, body);
      between.arrive_and_wait();
    }
  };
  std::vector<std::jthread> threads;
  for (std::size_t t = 0; t < extent.count(); ++t) threads.emplace_back(run_all, t);
}

}  // namespace

Thread& current() { return *self; }
void sync_block(int) { running->whole->arrive_and_wait(); }
void sync_warp(int) { warp_barrier->arrive_and_wait(); }
void sync_grid(int) {
  require_cooperative();
  grid_barrier->arrive_and_wait();
}
void* shared_memory(std::size_t bytes, std::size_t alignment) {
  return running->block.shared_memory(*self, bytes, alignment);
}
void* dynamic_shared_memory() { return running->block.dynamic_shared_memory(); }

void launch(Extent grid, Extent extent, const std::function<void()>& body, const LaunchOptions& options) {
  const std::size_t concurrent = options.cooperative ? grid.count() : std::min(kResidentBlocks, grid.count());
  Barrier whole_grid(static_cast<std::ptrdiff_t>(grid.count() * extent.count()));
  grid_barrier = &whole_grid;
  std::vector<std::jthread> resident;
  for (std::size_t first = 0; first < concurrent; ++first)
    resident.emplace_back([=, &body] { run_blocks(first, concurrent, grid, extent, body, options); });
}

}  // namespace simulator
