#include <cooperative_groups.h>
#include <cuda_pipeline.h>
#include <numeric>

#include "kernels/block_sum.cuh"
#include "tests/kernels/support.hpp"

using lenet::kernels::kWarp;

namespace {

constexpr int kThreads = 128;

// Every thread of every block adds one to the count.
__global__ void count_threads(unsigned* count, int* warp_sums) {
  const int sum = lenet::kernels::warp_sum(static_cast<int>(threadIdx.x));
  if (threadIdx.x % kWarp == 0) warp_sums[blockIdx.x * (blockDim.x / kWarp) + threadIdx.x / kWarp] = sum;
  atomicAdd(count, 1u);
}

// Each block adds up, round after round, what all blocks wrote in the round before.
__global__ void sum_over_the_grid(unsigned* values, int rounds) {
  LENET_DYNAMIC_SHARED(unsigned, sums);
  for (int round = 0; round < rounds; ++round) {
    const unsigned* const old = values + (round % 2) * gridDim.x;
    sums[threadIdx.x] = threadIdx.x < gridDim.x ? old[threadIdx.x] : 0;
    __syncthreads();
    if (threadIdx.x == 0) {
      unsigned sum = 0;
      for (unsigned block = 0; block < gridDim.x; ++block) sum += sums[block];
      values[(1 - round % 2) * gridDim.x + blockIdx.x] = sum;
    }
    cooperative_groups::this_grid().sync();
  }
}

cudaError_t launch_sums(std::vector<unsigned>& values, unsigned blocks, int rounds, std::size_t bytes) {
  unsigned* data = values.data();
  void* arguments[] = {&data, &rounds};
  return cudaLaunchCooperativeKernel(sum_over_the_grid, blocks, 32, arguments, bytes, nullptr);
}

constexpr std::size_t kSumBytes = 32 * sizeof(unsigned);

__global__ void copy_through_shared_memory(const float* from, float* to, int pending) {
  LENET_SHARED(float, shared, kThreads);
  __pipeline_memcpy_async(&shared[threadIdx.x], from + threadIdx.x, sizeof(float));
  __pipeline_commit();
  __pipeline_wait_prior(pending);
  to[threadIdx.x] = shared[threadIdx.x];
}

}  // namespace

TEST_CASE("warps sum, atomics count and every thread of a grid runs", "[simulator]") {
  kernel_test::under_every_schedule([] {
    unsigned count = 0;
    std::vector<int> sums(5 * 4);
    LENET_LAUNCH(count_threads, 5, kThreads, nullptr, &count, sums.data());
    CHECK(count == 5 * kThreads);
    for (std::size_t i = 0; i < sums.size(); ++i) {
      const int first = static_cast<int>(i % 4) * kWarp;
      CHECK(sums[i] == kWarp * first + kWarp * (kWarp - 1) / 2);
    }
  });
}

TEST_CASE("blocks and threads in three dimensions have their indices", "[simulator]") {
  static std::vector<int> seen;
  seen.assign(2 * 3 * 2 * 4 * 2, 0);
  const auto kernel = +[](int* counts) {
    const unsigned block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
    const unsigned thread = threadIdx.y * blockDim.x + threadIdx.x;
    ++counts[block * blockDim.x * blockDim.y + thread];
  };
  LENET_LAUNCH(kernel, dim3(2, 3, 2), dim3(4, 2), nullptr, seen.data());
  for (const int count : seen) CHECK(count == 1);
}

TEST_CASE("a grid barrier waits for all blocks of a cooperative launch", "[simulator]") {
  kernel_test::under_every_schedule([] {
    constexpr unsigned kBlocks = 7;
    std::vector<unsigned> values(2 * kBlocks, 1);
    CHECK(launch_sums(values, kBlocks, 4, kSumBytes) == cudaSuccess);
    for (unsigned block = 0; block < kBlocks; ++block)
      CHECK(values[block] == kBlocks * kBlocks * kBlocks * kBlocks);
  });
}

TEST_CASE("a cooperative launch that the device cannot hold at once is refused", "[simulator]") {
  simulator::set_device_limits({.multiprocessors = 2,
                                .shared_per_block = 64 * 1024,
                                .shared_per_multiprocessor = 100 * 1024,
                                .threads_per_multiprocessor = 96});
  std::vector<unsigned> values(20, 1);
  CHECK(launch_sums(values, 6, 1, kSumBytes) == cudaSuccess);
  CHECK(launch_sums(values, 7, 1, kSumBytes) == cudaErrorCooperativeLaunchTooLarge);
  // Two blocks of 48 KiB fit into a multiprocessor; more per block must be allowed first.
  CHECK(launch_sums(values, 4, 1, 48 * 1024) == cudaSuccess);
  CHECK(launch_sums(values, 5, 1, 48 * 1024) == cudaErrorCooperativeLaunchTooLarge);
  CHECK(launch_sums(values, 2, 1, 60 * 1024) == cudaErrorInvalidValue);
  constexpr auto kShared = cudaFuncAttributeMaxDynamicSharedMemorySize;
  CHECK(cudaFuncSetAttribute(sum_over_the_grid, kShared, 65 * 1024) == cudaErrorInvalidValue);
  CHECK(cudaFuncSetAttribute(sum_over_the_grid, kShared, 60 * 1024) == cudaSuccess);
  CHECK(launch_sums(values, 2, 1, 60 * 1024) == cudaSuccess);
  CHECK(launch_sums(values, 3, 1, 60 * 1024) == cudaErrorCooperativeLaunchTooLarge);
  simulator::set_device_limits({.cooperative = false});
  CHECK(launch_sums(values, 1, 1, kSumBytes) == cudaErrorNotSupported);
  simulator::set_device_limits({});
}

TEST_CASE("an asynchronous copy is there once it is waited for, and not before", "[simulator]") {
  kernel_test::under_every_schedule([] {
    std::vector<float> from(kThreads), to(kThreads);
    std::iota(from.begin(), from.end(), 1.0f);
    LENET_LAUNCH(copy_through_shared_memory, 1, kThreads, nullptr, from.data(), to.data(), 0);
    CHECK(to == from);
    LENET_LAUNCH(copy_through_shared_memory, 1, kThreads, nullptr, from.data(), to.data(), 1);
    for (const float value : to) CHECK(std::isnan(value));
  });
}

TEST_CASE("bf16 rounds to the nearest, ties to even", "[simulator]") {
  using kernel_test::rounded;
  CHECK(rounded<__nv_bfloat16>(1.0 + 1.0 / 256) == 1.0);              // a tie, down to even
  CHECK(rounded<__nv_bfloat16>(1.0 + 3.0 / 256) == 1.0 + 4.0 / 256);  // a tie, up to even
  CHECK(rounded<__nv_bfloat16>(1.0 + 1.1 / 256) == 1.0 + 2.0 / 256);
  CHECK(rounded<__nv_bfloat16>(-3.0e38) == Approx(-3.0e38).epsilon(1.0 / 256));
  CHECK(std::isinf(rounded<__nv_bfloat16>(std::numeric_limits<float>::max())));
  CHECK(std::isnan(rounded<__nv_bfloat16>(std::numeric_limits<float>::quiet_NaN())));
}
