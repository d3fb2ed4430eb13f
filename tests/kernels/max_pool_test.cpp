#include "kernels/launch_bias_gradient.hpp"
#include "kernels/launch_max_pool.hpp"
#include "tests/kernels/support.hpp"

using namespace lenet::kernels;
using namespace kernel_test;

namespace {

std::size_t at(const PoolShape& shape, std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) {
  return static_cast<std::size_t>(shape.layout == Layout::channels_last
                                      ? ((n * shape.height + y) * shape.width + x) * shape.channels + c
                                      : ((n * shape.channels + c) * shape.height + y) * shape.width + x);
}

PoolShape pooled(const PoolShape& shape) {
  PoolShape small = shape;
  small.height /= shape.window;
  small.width /= shape.window;
  return small;
}

std::int64_t count(const PoolShape& shape) {
  return shape.samples * shape.channels * shape.height * shape.width;
}

/// Calls body(n, c, y, x) for every element.
template <typename Body>
void for_each(const PoolShape& shape, const Body& body) {
  for (std::int64_t n = 0; n < shape.samples; ++n)
    for (std::int64_t c = 0; c < shape.channels; ++c)
      for (std::int64_t y = 0; y < shape.height; ++y)
        for (std::int64_t x = 0; x < shape.width; ++x) body(n, c, y, x);
}

}  // namespace

TEMPLATE_TEST_CASE("max-pooling and its backward pass, with ReLU's mask and the bias gradient",
                   "[kernel][max_pool]", float, bf16) {
  std::vector<PoolShape> shapes = {{1, 1, 2, 2, 2},    {7, 3, 9, 10, 2}, {50, 33, 4, 6, 2}, {2, 5, 11, 7, 3},
                                   {3, 2, 16, 16, 16}, {4, 6, 5, 5, 1},  {100, 40, 7, 7, 2}};
  for (PoolShape shape : shapes) {
    if (leave_out(count(shape))) continue;
    for (const Layout layout : {Layout::channels_last, Layout::channels_first}) {
      shape.layout = layout;
      CAPTURE(shape.samples, shape.channels, shape.height, shape.width, shape.window,
              static_cast<int>(layout));
      // Few distinct values, so that windows have ties, which go to the first.
      std::vector<TestType> input;
      for (const std::uint8_t byte : random_bytes(count(shape), 7, 1))
        input.push_back(from_float<TestType>(static_cast<float>(byte) - 5.0f));
      const PoolShape small = pooled(shape);
      const auto gradient = random_values<TestType>(count(small), 2);
      std::vector<double> max(gradient.size()), spread(input.size());
      std::vector<double> sums(static_cast<std::size_t>(shape.channels));
      for_each(small, [&](auto n, auto c, auto py, auto px) {
        std::size_t argmax = at(shape, n, c, py * shape.window, px * shape.window);
        for (std::int64_t y = 0; y < shape.window; ++y)
          for (std::int64_t x = 0; x < shape.window; ++x) {
            const std::size_t i = at(shape, n, c, py * shape.window + y, px * shape.window + x);
            if (to_float(input[i]) > to_float(input[argmax])) argmax = i;
          }
        const std::size_t out = at(small, n, c, py, px);
        max[out] = to_float(input[argmax]);
        spread[argmax] = max[out] > 0 ? to_float(gradient[out]) : 0;
        sums[static_cast<std::size_t>(c)] += spread[argmax];
      });
      std::vector<unsigned char> workspace(
          column_sum_workspace_bytes(shape.samples, shape.channels, small.height * small.width, layout));
      under_every_schedule([&] {
        auto output = unwritten<TestType>(count(small));
        std::vector<std::uint8_t> argmax(output.size(), 255);
        REQUIRE(launch_max_pool<TestType>({input.data(), output.data(), argmax.data(), shape}, nullptr) ==
                cudaSuccess);
        check_equal(output, max);
        auto input_gradient = unwritten<TestType>(count(shape));
        auto bias_gradient = unwritten<float>(shape.channels);
        REQUIRE(launch_max_pool_backward<TestType>({.gradient = gradient.data(),
                                                    .argmax = argmax.data(),
                                                    .output = output.data(),
                                                    .input_gradient = input_gradient.data(),
                                                    .bias_gradient = bias_gradient.data(),
                                                    .shape = shape,
                                                    .workspace = workspace.data()},
                                                   nullptr) == cudaSuccess);
        check_equal(input_gradient, spread);
        const double rows = static_cast<double>(shape.samples * small.height * small.width);
        check_close(bias_gradient, sums, 0, 50 * 10 * std::sqrt(rows) * kRounding<float>);
      });
    }
  }
}

TEST_CASE("max-pool backward without ReLU and bias passes negative maxima's gradients",
          "[kernel][max_pool]") {
  const PoolShape shape{.samples = 1, .channels = 1, .height = 2, .width = 2};
  const std::vector<float> input = {-4, -1, -1, -3}, gradient = {5};
  std::vector<float> output(1), input_gradient(4, NAN);
  std::vector<std::uint8_t> argmax(1);
  REQUIRE(launch_max_pool<float>({input.data(), output.data(), argmax.data(), shape}, nullptr) ==
          cudaSuccess);
  REQUIRE(launch_max_pool_backward<float>({.gradient = gradient.data(),
                                           .argmax = argmax.data(),
                                           .input_gradient = input_gradient.data(),
                                           .shape = shape},
                                          nullptr) == cudaSuccess);
  check_equal(output, {-1});
  check_equal(input_gradient, {0, 5, 0, 0});
}

TEST_CASE("a NaN wins its window", "[kernel][max_pool]") {
  const PoolShape shape{.samples = 1, .channels = 1, .height = 2, .width = 6};
  const std::vector<float> input = {1, NAN, NAN, 3, 9, 9, 9, 9, 9, 9, 9, NAN};
  std::vector<float> output(3);
  std::vector<std::uint8_t> argmax(3);
  REQUIRE(launch_max_pool<float>({input.data(), output.data(), argmax.data(), shape}, nullptr) ==
          cudaSuccess);
  for (const float value : output) CHECK(std::isnan(value));
  CHECK(argmax == std::vector<std::uint8_t>{1, 0, 3});
}

TEST_CASE("windows that do not fit are refused", "[kernel][max_pool]") {
  float value = 0;
  for (const PoolShape shape : {PoolShape{1, 1, 1, 2, 2}, PoolShape{1, 1, 40, 40, 17},
                                PoolShape{1, 1, 2, 2, 0}, PoolShape{1 << 20, 64, 28, 28, 2}})
    CHECK(launch_max_pool<float>({&value, &value, nullptr, shape}, nullptr) == cudaErrorInvalidValue);
}
