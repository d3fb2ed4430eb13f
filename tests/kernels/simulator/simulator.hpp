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
/// folder's cuda_runtime.h and cuda_bf16.h in place of CUDA's. A few blocks run concurrently; every CUDA
/// thread is a fiber that runs until it reaches a barrier or a shuffle, in the order of a schedule. If a
/// kernel lacks a barrier, some schedule gives different results. Shared memory starts as NaN and is checked
/// for writes past the end of its arrays. Access to several adjacent elements at once (float4) must be
/// aligned, and copies that are asynchronous happen when they are waited for. All blocks of a cooperative
/// launch run concurrently. Under the thread sanitizer every CUDA thread is a thread of the system instead,
/// and schedules have no effect. Not modelled: memory fences (every write is visible immediately), lock-step
/// warps, matrix instructions, time.
namespace simulator {

/// The kernel did something that is undefined on a GPU: not all threads reached a barrier, one wrote past the
/// end of a shared array, or one made a misaligned access.
class Fault : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// Order in which threads run between two barriers, and blocks in a grid.
struct Schedule {
  enum class Order { forward, reverse, shuffled } order = Order::forward;
  unsigned seed = 0;  ///< for a shuffled order
};

/// Returns the schedules that every test of a kernel runs under: forward, reverse and two shuffled orders.
const std::vector<Schedule>& schedules();
/// Sets the schedule of the launches that follow.
void use(Schedule schedule);

/// Bytes of shared memory that any kernel may use on any GPU. More must be dynamic, and allowed for the
/// kernel.
constexpr std::size_t kSharedBytes = 48 * 1024;

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
  // Two sets of slots, used in turn: no lane writes to one before all lanes have read it.
  unsigned char slot[2][32][8];
};

/// A copy from global to shared memory that was started and not waited for.
struct AsyncCopy {
  void* to;
  const void* from;
  std::size_t bytes;
  int commit;  ///< number of commits before it
};

/// Indices and state of a running CUDA thread.
struct Thread {
  Index thread, block;
  Extent block_extent, grid_extent;
  unsigned lane = 0;
  Warp* warp = nullptr;
  int exchanges = 0;             ///< shuffles of this thread so far
  std::size_t shared_bytes = 0;  ///< allocated by this thread so far
  bool cooperative = false;      ///< the grid has a barrier
  std::vector<AsyncCopy> copies = {};
  int commits = 0;  ///< of asynchronous copies
};

Thread& current();

/// Waits for the threads of the block, or of the warp. `line` identifies the barrier: if only some threads
/// reach it, that is a fault even if the others wait at another barrier.
void sync_block(int line);
void sync_warp(int line);
/// Waits for all threads of the grid; a Fault unless it was launched cooperatively.
void sync_grid(int line);

/// Returns the block's next shared array; every thread asks for the same arrays in the same order.
void* shared_memory(std::size_t bytes, std::size_t alignment);
/// Returns the block's shared array whose size the launch gives.
void* dynamic_shared_memory();

/// Throws Fault unless the address is a multiple of `bytes`, as a GPU's memory accesses must be.
void check_alignment(const void* address, std::size_t bytes);

void copy_async(void* to, const void* from, std::size_t bytes);
void commit_copies();
/// Makes all committed copies but those of the last `pending` commits.
void wait_for_copies(int pending);

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

template <typename T>
T atomic_or(T* address, T value) {
  return std::atomic_ref<T>(*address).fetch_or(value);
}

/// Returns what was there before.
template <typename T>
T atomic_cas(T* address, T expected, T value) {
  std::atomic_ref<T>(*address).compare_exchange_strong(expected, value);
  return expected;
}

struct LaunchOptions {
  bool cooperative = false;        ///< all blocks run concurrently and have a barrier
  std::size_t dynamic_shared = 0;  ///< bytes of shared memory per block, besides the kernel's own arrays
};

/// Runs `body` once per thread of the grid. Throws Fault.
void launch(Extent grid, Extent block, const std::function<void()>& body, const LaunchOptions& options = {});

template <typename... Parameters, typename... Arguments>
void launch_kernel(void (*kernel)(Parameters...), Extent grid, Extent block, const Arguments&... arguments) {
  launch(grid, block, [&] { kernel(arguments...); });
}

}  // namespace simulator
