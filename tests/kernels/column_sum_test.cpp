#include "kernels/launch_bias_gradient.hpp"
#include "tests/kernels/support.hpp"

using namespace lenet::kernels;
using namespace kernel_test;

namespace {

struct Size {
  std::int64_t samples, channels, pixels;
  std::int64_t count() const { return samples * channels * pixels; }
};

/// Channel of element `i`.
std::size_t channel_of(std::size_t i, const Size& size, Layout layout) {
  const auto channels = static_cast<std::size_t>(size.channels);
  return layout == Layout::channels_last ? i % channels
                                         : i / static_cast<std::size_t>(size.pixels) % channels;
}

}  // namespace

TEMPLATE_TEST_CASE("bias gradients are column sums, through masks or not", "[kernel][bias_gradient]", float,
                   bf16) {
  // One block, several blocks, odd sizes, more work than the limit on blocks gives one block.
  const std::vector<Size> sizes = {{1, 1, 1},      {7, 10, 1}, {50, 100, 1}, {100, 33, 1},
                                   {10'000, 3, 1}, {5, 7, 49}, {50, 40, 20}, {3, 300, 50}};
  for (const Size& size : sizes) {
    if (leave_out(size.count())) continue;
    for (const Layout layout : {Layout::channels_last, Layout::channels_first}) {
      for (const bool masked : {false, true}) {
        CAPTURE(size.samples, size.channels, size.pixels, static_cast<int>(layout), masked);
        const auto gradient = random_values<TestType>(size.count(), 1);
        const auto output = random_values<TestType>(size.count(), 2);
        std::vector<double> expected = doubles(gradient);
        std::vector<double> sums(static_cast<std::size_t>(size.channels));
        for (std::size_t i = 0; i < expected.size(); ++i) {
          if (masked) expected[i] = to_float(output[i]) > 0 ? 2 * expected[i] : 0;
          sums[channel_of(i, size, layout)] += expected[i];
        }
        std::vector<unsigned char> workspace(
            column_sum_workspace_bytes(size.samples, size.channels, size.pixels, layout));
        under_every_schedule([&] {
          auto values = gradient;
          auto bias_gradient = unwritten<float>(size.channels);
          BiasGradientArgs<TestType> args{.gradient = output.data(),
                                          .bias_gradient = bias_gradient.data(),
                                          .samples = size.samples,
                                          .channels = size.channels,
                                          .pixels = size.pixels,
                                          .layout = layout,
                                          .workspace = workspace.data()};
          // Another gradient first: what it leaves in the workspace must not change the result.
          REQUIRE(launch_bias_gradient(args, nullptr) == cudaSuccess);
          args.gradient = values.data();
          if (masked) {
            args.output = output.data();
            args.scale = 2;
            args.masked = values.data();
          }
          REQUIRE(launch_bias_gradient(args, nullptr) == cudaSuccess);
          check_equal(values, masked ? expected : doubles(gradient));
          // A tree of sums: each element passes a few tens of additions of numbers below 10 × √rows.
          const double rows = static_cast<double>(size.samples * size.pixels);
          check_close(bias_gradient, sums, 0, 50 * 10 * std::sqrt(rows) * kRounding<float>);
        });
      }
    }
  }
}

// Blocks communicate through memory here, so this takes many orders: a missing barrier before a block counts
// as arrived shows in only some of them.
TEST_CASE("bias gradients are the same bits whatever the order of blocks", "[kernel][bias_gradient]") {
  const Size size{20, 31, 9};
  const auto gradient = random_values<float>(size.count(), 1);
  std::vector<float> expected;
  under_every_schedule([&] {
    for (int repeat = 0; repeat < 20; ++repeat) {
      std::vector<unsigned char> workspace(
          column_sum_workspace_bytes(size.samples, size.channels, size.pixels, Layout::channels_last));
      auto sums = unwritten<float>(size.channels);
      REQUIRE(launch_bias_gradient<float>({.gradient = gradient.data(),
                                           .bias_gradient = sums.data(),
                                           .samples = size.samples,
                                           .channels = size.channels,
                                           .pixels = size.pixels,
                                           .workspace = workspace.data()},
                                          nullptr) == cudaSuccess);
      if (expected.empty()) expected = sums;
      CHECK(sums == expected);
    }
  });
}

TEST_CASE("a gradient too large for 32-bit indices is refused", "[kernel][bias_gradient]") {
  float value = 0;
  CHECK(launch_bias_gradient<float>({.gradient = &value,
                                     .bias_gradient = &value,
                                     .samples = 1 << 20,
                                     .channels = 64,
                                     .pixels = 784,
                                     .workspace = &value},
                                    nullptr) == cudaErrorInvalidValue);
}
