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

TEST_CASE("bf16 rounds to the nearest, ties to even", "[simulator]") {
  using kernel_test::rounded;
  CHECK(rounded<__nv_bfloat16>(1.0 + 1.0 / 256) == 1.0);              // a tie, down to even
  CHECK(rounded<__nv_bfloat16>(1.0 + 3.0 / 256) == 1.0 + 4.0 / 256);  // a tie, up to even
  CHECK(rounded<__nv_bfloat16>(1.0 + 1.1 / 256) == 1.0 + 2.0 / 256);
  CHECK(rounded<__nv_bfloat16>(-3.0e38) == Approx(-3.0e38).epsilon(1.0 / 256));
  CHECK(std::isinf(rounded<__nv_bfloat16>(std::numeric_limits<float>::max())));
  CHECK(std::isnan(rounded<__nv_bfloat16>(std::numeric_limits<float>::quiet_NaN())));
}
