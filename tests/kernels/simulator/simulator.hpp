#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <type_traits>
#include <vector>

/// Runs the source of CUDA kernels on the CPU, for tests. The .cu files are compiled as C++ with this
/// folder's cuda_runtime.h and cuda_bf16.h in place of CUDA's. A few blocks at a time, every CUDA thread is a
/// fiber that runs until it meets a barrier or a shuffle; a schedule says in which order. A kernel that needs
/// a barrier that is not there gives different results under some schedule. Shared memory is NaN at first and
/// watched for writes beside its arrays. Under the thread sanitizer every CUDA thread is a thread of the
/// system instead, and schedules mean nothing. Not modelled: memory fences (every write is seen at once),
/// lock-step warps, matrix instructions, time.
namespace simulator {

/// The kernel did what is undefined on a GPU: a barrier that not all threads reach, a write beside a shared
/// array.
class Fault : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// The order in which threads, and blocks, run between two barriers.
struct Schedule {
  enum class Order { forward, reverse, shuffled } order = Order::forward;
  unsigned seed = 0;  ///< of a shuffled one
};

/// What every test of a kernel goes through: forward, reverse and two shuffled orders.
const std::vector<Schedule>& schedules();
/// Holds for the launches that follow.
void use(Schedule schedule);

struct Index {
  unsigned x = 0, y = 0, z = 0;
};

struct Extent {
  unsigned x, y, z;
  constexpr Extent(unsigned width = 1, unsigned height = 1, unsigned depth = 1)
      : x(width), y(height), z(depth) {}
  constexpr std::size_t count() const { return std::size_t{x} * y * z; }
};

struct Warp {
  // Two sets of slots in turn: nobody writes to one before everybody has read it.
  unsigned char slot[2][32][8];
};

/// What a running CUDA thread knows of itself.
struct Thread {
  Index thread, block;
  Extent block_extent, grid_extent;
  unsigned lane = 0;
  Warp* warp = nullptr;
  int exchanges = 0;             ///< of this thread so far
  std::size_t shared_bytes = 0;  ///< handed out to this thread so far
};

Thread& current();

/// Waits for the block's threads, or the warp's. `line` tells apart barriers: one that only some threads
/// reach is a fault even where the others wait at another.
void sync_block(int line);
void sync_warp(int line);

/// The block's next shared array; every thread asks for the same ones in the same order.
void* shared_memory(std::size_t bytes, std::size_t alignment);

template <typename T>
T shuffle(T value, unsigned source_lane, int line) {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8);
  Thread& self = current();
  auto& slot = self.warp->slot[self.exchanges++ % 2];
  std::memcpy(slot[self.lane], &value, sizeof value);
  sync_warp(line);
  std::memcpy(&value, slot[source_lane % 32], sizeof value);
  return value;
}

template <typename T>
T atomic_add(T* address, T value) {
  return std::atomic_ref<T>(*address).fetch_add(value);
}

/// Runs `body` once for every thread of the grid. Throws Fault.
void launch(Extent grid, Extent block, const std::function<void()>& body);

template <typename... Parameters, typename... Arguments>
void launch_kernel(void (*kernel)(Parameters...), Extent grid, Extent block, const Arguments&... arguments) {
  launch(grid, block, [&] { kernel(arguments...); });
}

}  // namespace simulator
