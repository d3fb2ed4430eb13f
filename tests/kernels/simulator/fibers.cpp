#include <algorithm>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <ucontext.h>
#include <utility>

#include "tests/kernels/simulator/block.hpp"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

// Runs CUDA threads as fibers of one thread.
namespace simulator {
namespace {

constexpr std::size_t kStackBytes = 64 * 1024;

enum class State { ready, at_block_barrier, at_warp_barrier, at_grid_barrier, done };

struct Fiber {
  ucontext_t context;
  std::unique_ptr<char[]> stack = std::make_unique_for_overwrite<char[]>(kStackBytes);
  State state = State::ready;
  int turn = 0;        // number of times it has run
  int slow_turn = -1;  // the turn for which it waits until no other thread can run
  int line = 0;        // line of the barrier that it waits at
  Thread* thread = nullptr;
  Block* block = nullptr;
};

ucontext_t scheduler;
Fiber* running = nullptr;
const std::function<void()>* kernel = nullptr;
std::exception_ptr failure;

// Notifies the address sanitizer when the stack changes.
struct StackSwitch {
#ifdef __SANITIZE_ADDRESS__
  void* saved = nullptr;
  static inline const void* scheduler_stack = nullptr;
  static inline std::size_t scheduler_bytes = 0;
  void leave_for(const void* stack, std::size_t bytes, bool for_good = false) {
    __sanitizer_start_switch_fiber(for_good ? nullptr : &saved, stack, bytes);
  }
  void leave_for_scheduler(bool for_good = false) { leave_for(scheduler_stack, scheduler_bytes, for_good); }
  void back_in_scheduler() { __sanitizer_finish_switch_fiber(saved, nullptr, nullptr); }
  void back_in_fiber() { __sanitizer_finish_switch_fiber(saved, &scheduler_stack, &scheduler_bytes); }
#else
  void leave_for(const void*, std::size_t) {}
  void leave_for_scheduler(bool = false) {}
  void back_in_scheduler() {}
  void back_in_fiber() {}
#endif
};

void enter() {
  StackSwitch().back_in_fiber();
  try {
    (*kernel)();
  } catch (...) {
    failure = std::current_exception();
  }
  running->state = State::done;
  StackSwitch().leave_for_scheduler(true);
  setcontext(&scheduler);
}

void wait(State state, int line) {
  Fiber& self = *running;
  self.state = state;
  self.line = line;
  StackSwitch stack;
  stack.leave_for_scheduler();
  swapcontext(&self.context, &scheduler);
  stack.back_in_fiber();
}

void run(Fiber& fiber) {
  running = &fiber;
  ++fiber.turn;
  StackSwitch stack;
  stack.leave_for(fiber.stack.get(), kStackBytes);
  swapcontext(&scheduler, &fiber.context);
  stack.back_in_scheduler();
  if (failure) std::rethrow_exception(std::exchange(failure, nullptr));
}

void prepare(Fiber& fiber, Block& block, Thread& thread) {
  fiber.state = State::ready;
  fiber.turn = 0;
  fiber.block = &block;
  fiber.thread = &thread;
  getcontext(&fiber.context);
  fiber.context.uc_stack.ss_sp = fiber.stack.get();
  fiber.context.uc_stack.ss_size = kStackBytes;
  fiber.context.uc_link = nullptr;
  makecontext(&fiber.context, enter, 0);
}

std::string place(const Fiber& fiber) {
  return "thread " + std::to_string(fiber.thread->thread.x) + " of block " +
         std::to_string(fiber.thread->block.x) + " waits at line " + std::to_string(fiber.line);
}

/// Releases the fibers if all that are not done wait at the same barrier. Returns whether it did.
bool release(std::span<Fiber> fibers, State barrier) {
  const Fiber* first = nullptr;
  for (const Fiber& fiber : fibers) {
    if (fiber.state == State::done) {
      if (barrier == State::at_block_barrier) continue;  // CUDA counts threads that have not exited
      return false;
    }
    if (fiber.state != barrier) return false;
    if (first && first->line != fiber.line)
      throw Fault("divergent barrier: " + place(*first) + ", " + place(fiber));
    first = &fiber;
  }
  for (Fiber& fiber : fibers)
    if (fiber.state == barrier) fiber.state = State::ready;
  return first != nullptr;
}

/// Releases threads from every barrier that all its threads have reached. Returns whether there was one.
bool release_all(std::span<Fiber> fibers, std::size_t block_threads) {
  bool released = false;
  for (std::size_t first = 0; first < fibers.size(); first += block_threads) {
    const std::span<Fiber> block = fibers.subspan(first, block_threads);
    for (std::size_t lane = 0; lane < block_threads; lane += 32)
      released |= release(block.subspan(lane, std::min<std::size_t>(32, block_threads - lane)),
                          State::at_warp_barrier);
    released |= release(block, State::at_block_barrier);
  }
  released |= release(fibers, State::at_grid_barrier);
  return released;
}

/// Runs one or a few blocks concurrently until all their threads are done.
void run_resident(std::span<Fiber> fibers, std::size_t block_threads) {
  while (true) {
    bool ran = false;
    Fiber* slow = nullptr;
    for (const std::size_t i : next_order(fibers.size())) {
      if (fibers[i].state != State::ready) continue;
      if (fibers[i].turn == fibers[i].slow_turn) {
        slow = &fibers[i];
      } else {
        run(fibers[i]);
        ran = true;
      }
    }
    if (release_all(fibers, block_threads) || ran) continue;
    if (!slow) break;
    run(*slow);
  }
  for (const Fiber& fiber : fibers)
    if (fiber.state != State::done)
      throw Fault("divergent barrier: not all threads reach it, " + place(fiber));
}

}  // namespace

Thread& current() { return *running->thread; }
void sync_block(int line) { wait(State::at_block_barrier, line); }
void sync_warp(int line) { wait(State::at_warp_barrier, line); }
void sync_grid(int line) {
  require_cooperative();
  wait(State::at_grid_barrier, line);
}
void* shared_memory(std::size_t bytes, std::size_t alignment) {
  return running->block->shared_memory(*running->thread, bytes, alignment);
}
void* dynamic_shared_memory() { return running->block->dynamic_shared_memory(); }

void launch(Extent grid, Extent extent, const std::function<void()>& body, const LaunchOptions& options) {
  static std::vector<Fiber> fibers;  // kept between launches, to reuse their stacks
  const std::size_t block_threads = extent.count();
  const std::size_t concurrent = options.cooperative ? grid.count() : kResidentBlocks;
  if (fibers.size() < concurrent * block_threads) fibers = std::vector<Fiber>(concurrent * block_threads);
  std::vector<Block> resident(concurrent);
  kernel = &body;
  const std::vector<std::size_t> blocks = next_order(grid.count());
  for (std::size_t next = 0; next < blocks.size(); next += concurrent) {
    const std::size_t count = std::min(concurrent, blocks.size() - next);
    // Delays some threads of one block far beyond the others between two barriers, as a GPU may.
    const int slow_block = pick(count);
    const int slow_turn = pick(4);
    for (std::size_t b = 0; b < count; ++b) {
      start(resident[b], blocks[next + b], grid, extent, options);
      for (std::size_t t = 0; t < block_threads; ++t) {
        Fiber& fiber = fibers[b * block_threads + t];
        prepare(fiber, resident[b], resident[b].threads[t]);
        fiber.slow_turn = static_cast<int>(b) == slow_block && pick(4) == 0 ? slow_turn : -1;
      }
    }
    run_resident(std::span(fibers).first(count * block_threads), block_threads);
    for (std::size_t b = 0; b < count; ++b) resident[b].check_gaps();
  }
}

}  // namespace simulator
