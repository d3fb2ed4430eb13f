#include <numeric>

#include "kernels/block_sum.cuh"
#include "tests/kernels/support.hpp"

// Faults that the simulator has to catch. Not built for the thread sanitizer: with real threads they are data
// races and deadlocks.

namespace {

constexpr int kThreads = 128;

// Each thread reads what its left neighbour wrote, with or without the barrier that this needs.
template <bool kBarrier>
__global__ void shift(const int* in, int* out) {
  LENET_SHARED(int, shared, kThreads);
  shared[threadIdx.x] = in[threadIdx.x];
  if (kBarrier) __syncthreads();
  out[threadIdx.x] = threadIdx.x > 0 ? shared[threadIdx.x - 1] : 0;
}

template <bool kBarrier>
std::vector<int> shifted() {
  std::vector<int> in(kThreads), out(kThreads);
  std::iota(in.begin(), in.end(), 1);
  LENET_LAUNCH(shift<kBarrier>, 1, kThreads, nullptr, in.data(), out.data());
  return out;
}

__global__ void half_the_threads_skip_a_barrier(int* out) {
  if (threadIdx.x % 2 == 0) {
    __syncthreads();
  } else {
    __syncwarp();
  }
  out[threadIdx.x] = 1;
}

__global__ void two_barriers_that_only_look_alike(int* out) {
  if (threadIdx.x < 64) {
    __syncthreads();
  } else {
    __syncthreads();
  }
  out[threadIdx.x] = 1;
}

__global__ void a_shuffle_after_a_lane_has_left(int* out) {
  if (threadIdx.x == 5) return;
  out[threadIdx.x] = lenet::kernels::warp_sum(1);
}

__global__ void write_past_a_shared_array(int* out) {
  LENET_SHARED(int, shared, kThreads);
  shared[threadIdx.x + 1] = 1;
  __syncthreads();
  out[threadIdx.x] = shared[threadIdx.x];
}

__global__ void read_shared_memory_unwritten(float* out) {
  LENET_SHARED(float, shared, kThreads);
  out[threadIdx.x] = shared[threadIdx.x];
}

}  // namespace

TEST_CASE("a missing barrier changes the result under some schedule", "[simulator]") {
  std::vector<int> expected(kThreads);
  std::iota(expected.begin(), expected.end(), 0);
  int wrong = 0;
  for (const simulator::Schedule& schedule : simulator::schedules()) {
    simulator::use(schedule);
    CHECK(shifted<true>() == expected);
    wrong += shifted<false>() != expected;
  }
  CHECK(wrong == 3);  // all but forward, in which each thread runs after its left neighbour
}

TEST_CASE("a divergent barrier is a fault", "[simulator]") {
  kernel_test::under_every_schedule([] {
    std::vector<int> out(kThreads);
    const auto launch = [&](void (*kernel)(int*)) {
      return [&out, kernel] { LENET_LAUNCH(kernel, 1, kThreads, nullptr, out.data()); };
    };
    CHECK_THROWS_WITH(launch(half_the_threads_skip_a_barrier)(), contains("divergent barrier"));
    CHECK_THROWS_WITH(launch(two_barriers_that_only_look_alike)(), contains("divergent barrier"));
    CHECK_THROWS_WITH(launch(a_shuffle_after_a_lane_has_left)(), contains("divergent barrier"));
    CHECK(shifted<true>().back() == kThreads - 1);  // the simulator still works after a fault
  });
}

TEST_CASE("shared memory starts undefined, and a write past its end is a fault", "[simulator]") {
  std::vector<int> out(kThreads);
  CHECK_THROWS_WITH(LENET_LAUNCH(write_past_a_shared_array, 1, kThreads, nullptr, out.data()),
                    contains("past the end"));
  std::vector<float> values(kThreads);
  LENET_LAUNCH(read_shared_memory_unwritten, 1, kThreads, nullptr, values.data());
  for (const float value : values) CHECK(std::isnan(value));
}
