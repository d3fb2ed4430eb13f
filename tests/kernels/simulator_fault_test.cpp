#include <cooperative_groups.h>
#include <cuda_pipeline.h>
#include <numeric>

#include "kernels/block_sum.cuh"
#include "tests/kernels/support.hpp"

// Faults that the simulator has to catch. Not built for the thread sanitizer: with real threads they are data
// races and deadlocks.

namespace {

constexpr int kBlock = 128;

// Each thread reads what its left neighbour wrote, with or without the barrier that this needs.
template <bool kBarrier>
__global__ void shift(const int* in, int* out) {
  LENET_SHARED(int, shared, kBlock);
  shared[threadIdx.x] = in[threadIdx.x];
  if (kBarrier) __syncthreads();
  out[threadIdx.x] = threadIdx.x > 0 ? shared[threadIdx.x - 1] : 0;
}

template <bool kBarrier>
std::vector<int> shifted() {
  std::vector<int> in(kBlock), out(kBlock);
  std::iota(in.begin(), in.end(), 1);
  LENET_LAUNCH(shift<kBarrier>, 1, kBlock, nullptr, in.data(), out.data());
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
  LENET_SHARED(int, shared, kBlock);
  shared[threadIdx.x + 1] = 1;
  __syncthreads();
  out[threadIdx.x] = shared[threadIdx.x];
}

__global__ void read_shared_memory_unwritten(float* out) {
  LENET_SHARED(float, shared, kBlock);
  out[threadIdx.x] = shared[threadIdx.x];
}

__global__ void one_block_skips_the_grid_barrier(int* out) {
  if (blockIdx.x != 1) cooperative_groups::this_grid().sync();
  out[threadIdx.x] = 1;
}

__global__ void one_thread_skips_the_grid_barrier(int* out) {
  if (threadIdx.x != 7) cooperative_groups::this_grid().sync();
  out[threadIdx.x] = 1;
}

__global__ void wait_for_the_grid(int* out) {
  cooperative_groups::this_grid().sync();
  out[threadIdx.x] = 1;
}

cudaError_t launch_cooperatively(void (*kernel)(int*), int* out) {
  void* arguments[] = {&out};
  return cudaLaunchCooperativeKernel(kernel, 3, kBlock, arguments);
}

// Each thread reads and writes four numbers at once, from a given one on.
template <bool kRead, class Vector, class Element>
__global__ void copy_four(const Element* in, Element* out, int first) {
  if constexpr (kRead)
    reinterpret_cast<Vector*>(out)[threadIdx.x] = *reinterpret_cast<const Vector*>(in + first);
  else
    *reinterpret_cast<Vector*>(out + first) = reinterpret_cast<const Vector*>(in)[threadIdx.x];
}

template <bool kRead, class Vector, class Element>
void check_misaligned_access() {
  alignas(Vector) const Element in[8] = {};
  alignas(Vector) Element out[8] = {};
  const auto copy = [&](int first) {
    LENET_LAUNCH((copy_four<kRead, Vector, Element>), 1, 1, nullptr, &in[0], &out[0], first);
  };
  copy(0);
  copy(4);
  for (const int first : {1, 2, 3}) CHECK_THROWS_WITH(copy(first), contains("misaligned access"));
}

__global__ void copy_asynchronously(const float* in, int first) {
  LENET_SHARED(float4, shared, 2);
  __pipeline_memcpy_async(&shared[0], in + first, sizeof(float4));
  __pipeline_commit();
  __pipeline_wait_prior(0);
}

}  // namespace

TEST_CASE("a missing barrier changes the result under some schedule", "[simulator]") {
  std::vector<int> expected(kBlock);
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
    std::vector<int> out(kBlock);
    const auto launch = [&](void (*kernel)(int*)) {
      return [&out, kernel] { LENET_LAUNCH(kernel, 1, kBlock, nullptr, out.data()); };
    };
    CHECK_THROWS_WITH(launch(half_the_threads_skip_a_barrier)(), contains("divergent barrier"));
    CHECK_THROWS_WITH(launch(two_barriers_that_only_look_alike)(), contains("divergent barrier"));
    CHECK_THROWS_WITH(launch(a_shuffle_after_a_lane_has_left)(), contains("divergent barrier"));
    CHECK(shifted<true>().back() == kBlock - 1);  // the simulator still works after a fault
  });
}

TEST_CASE("a grid barrier that not all blocks reach is a fault", "[simulator]") {
  kernel_test::under_every_schedule([] {
    std::vector<int> out(kBlock);
    CHECK_THROWS_WITH(launch_cooperatively(one_block_skips_the_grid_barrier, out.data()),
                      contains("not all threads reach it"));
    CHECK_THROWS_WITH(launch_cooperatively(one_thread_skips_the_grid_barrier, out.data()),
                      contains("not all threads reach it"));
    CHECK_THROWS_WITH(LENET_LAUNCH(wait_for_the_grid, 3, kBlock, nullptr, out.data()),
                      contains("not launched cooperatively"));
    CHECK(launch_cooperatively(wait_for_the_grid, out.data()) == cudaSuccess);
  });
}

TEST_CASE("a misaligned access to four elements at once is a fault", "[simulator]") {
#ifdef __SANITIZE_ADDRESS__  // which is built with the sanitizer of undefined behaviour
  LENET_SKIP("the sanitizer ends the program at such an access");
#endif
  check_misaligned_access<true, float4, float>();
  check_misaligned_access<false, float4, float>();
  check_misaligned_access<true, uint4, unsigned>();
  check_misaligned_access<false, uint4, unsigned>();
  check_misaligned_access<true, uchar4, unsigned char>();
  check_misaligned_access<false, uchar4, unsigned char>();
  check_misaligned_access<true, lenet::kernels::Bf16x4, lenet::kernels::bf16>();
  check_misaligned_access<false, lenet::kernels::Bf16x4, lenet::kernels::bf16>();
  alignas(16) const float in[8] = {};
  LENET_LAUNCH(copy_asynchronously, 1, 1, nullptr, &in[0], 4);
  CHECK_THROWS_WITH(LENET_LAUNCH(copy_asynchronously, 1, 1, nullptr, &in[0], 1),
                    contains("misaligned access"));
}

TEST_CASE("shared memory starts undefined, and a write past its end is a fault", "[simulator]") {
  std::vector<int> out(kBlock);
  CHECK_THROWS_WITH(LENET_LAUNCH(write_past_a_shared_array, 1, kBlock, nullptr, out.data()),
                    contains("past the end"));
  std::vector<float> values(kBlock);
  LENET_LAUNCH(read_shared_memory_unwritten, 1, kBlock, nullptr, values.data());
  for (const float value : values) CHECK(std::isnan(value));
}
