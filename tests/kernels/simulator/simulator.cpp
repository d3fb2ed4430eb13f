#include "tests/kernels/simulator/simulator.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <random>
#include <string>

#include "engine/core/rounding.hpp"
#include "tests/kernels/simulator/block.hpp"

namespace simulator {
namespace {

Schedule in_use;
std::mt19937 generator;

}  // namespace

const std::vector<Schedule>& schedules() {
  using Order = Schedule::Order;
#ifdef LENET_SIMULATOR_THREADS
  static const std::vector<Schedule> all = {{Order::forward}};  // the order has no effect
#else
  static const std::vector<Schedule> all = {
      {Order::forward}, {Order::reverse}, {Order::shuffled, 1}, {Order::shuffled, 2}};
#endif
  return all;
}

void use(Schedule schedule) {
  in_use = schedule;
  generator.seed(schedule.seed);
}

void* Block::shared_memory(Thread& thread, std::size_t bytes, std::size_t alignment) {
  const std::size_t begin = lenet::round_up(thread.shared_bytes, alignment);
  if (begin + bytes + kGap > kSharedBytes)
    throw Fault("shared memory: more than " + std::to_string(kSharedBytes) + " bytes per block");
  thread.shared_bytes = begin + bytes + kGap;
  [[maybe_unused]] const Gap gap{begin + bytes, thread.shared_bytes};
#ifndef LENET_SIMULATOR_THREADS  // where all CUDA threads would write here concurrently
  if (std::ranges::find(gaps, gap) == gaps.end()) gaps.push_back(gap);
#endif
  return shared.data() + begin;
}

void require_cooperative() {
  if (!current().cooperative) throw Fault("grid barrier: the kernel was not launched cooperatively");
}

void check_alignment(const void* address, std::size_t bytes) {
  auto value = reinterpret_cast<std::uintptr_t>(address);
  asm volatile("" : "+r"(value));  // the compiler may conclude from the type that all is aligned
  if (value % bytes != 0)
    throw Fault("misaligned access: " + std::to_string(bytes) + " bytes at " + std::to_string(value % bytes) +
                " past a multiple of that");
}

void copy_async(void* to, const void* from, std::size_t bytes) {
  if (bytes != 4 && bytes != 8 && bytes != 16)
    throw Fault("asynchronous copy: of " + std::to_string(bytes) + " bytes, not 4, 8 or 16");
  check_alignment(to, bytes);
  check_alignment(from, bytes);
  current().copies.push_back({to, from, bytes, current().commits});
}

void commit_copies() { ++current().commits; }

void wait_for_copies(int pending) {
  std::erase_if(current().copies, [last = current().commits - pending](const AsyncCopy& copy) {
    if (copy.commit >= last) return false;
    std::memcpy(copy.to, copy.from, copy.bytes);
    return true;
  });
}

void Block::check_gaps() const {
  for (const Gap& gap : gaps)
    for (std::size_t i = gap.begin; i < gap.end; ++i)
      if (shared[i] != kPoison) throw Fault("shared memory: a write past the end of an array");
}

std::vector<std::size_t> next_order(std::size_t count) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (in_use.order == Schedule::Order::reverse) std::ranges::reverse(order);
  if (in_use.order == Schedule::Order::shuffled) std::ranges::shuffle(order, generator);
  return order;
}

int pick(std::size_t bound) {
  return in_use.order == Schedule::Order::shuffled ? static_cast<int>(generator() % bound) : -1;
}

void start(Block& block, std::size_t index, Extent grid, Extent extent, const LaunchOptions& options) {
  const auto at = [](std::size_t i, Extent of) {
    const std::size_t plane = std::size_t{of.x} * of.y;
    return Index{static_cast<unsigned>(i % of.x), static_cast<unsigned>(i / of.x % of.y),
                 static_cast<unsigned>(i / plane)};
  };
  const std::size_t end = kSharedBytes + options.dynamic_shared;
  block.shared.assign(end + kGap, kPoison);
  block.gaps.assign({{end, end + kGap}});
  block.warps.resize(lenet::ceil_divide(extent.count(), 32));
  block.threads.resize(extent.count());
  for (std::size_t t = 0; t < block.threads.size(); ++t) {
    block.threads[t] = {.thread = at(t, extent),
                        .block = at(index, grid),
                        .block_extent = extent,
                        .grid_extent = grid,
                        .lane = static_cast<unsigned>(t % 32),
                        .warp = &block.warps[t / 32],
                        .cooperative = options.cooperative};
  }
}

}  // namespace simulator
