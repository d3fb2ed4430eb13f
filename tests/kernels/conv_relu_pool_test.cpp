#include <algorithm>

#include "kernels/launch_conv_relu_pool.hpp"
#include "tests/kernels/support.hpp"

using namespace lenet::kernels;
using namespace kernel_test;

namespace {

/// Returns one pixel of the padded image.
double pixel(const ConvReluPoolShape& shape, const std::vector<double>& images, std::int64_t sample,
             std::int64_t y, std::int64_t x) {
  y -= shape.padding;
  x -= shape.padding;
  if (y < 0 || y >= shape.height || x < 0 || x >= shape.width) return 0;
  return images[static_cast<std::size_t>((sample * shape.height + y) * shape.width + x)];
}

/// Results of the layers, computed one after the other in double.
struct Plain {
  std::vector<double> output, weight_gradient, bias_gradient;
  std::vector<std::uint8_t> argmax;
};

Plain plain(const ConvReluPoolShape& shape, const std::vector<double>& images,
            const std::vector<double>& weights, const std::vector<double>& bias,
            const std::vector<double>& gradient) {
  Plain result;
  result.weight_gradient.resize(weights.size());
  result.bias_gradient.resize(bias.size());
  for (std::int64_t n = 0; n < shape.samples; ++n)
    for (std::int64_t py = 0; py < shape.pooled_height(); ++py)
      for (std::int64_t px = 0; px < shape.pooled_width(); ++px)
        for (std::size_t f = 0; f < bias.size(); ++f) {
          double best = -INFINITY;
          std::int64_t argmax = 0;
          for (std::int64_t k = 0; k < 4; ++k) {
            double sum = bias[f];
            for (std::int64_t tap = 0; tap < 25; ++tap)
              sum += weights[f * 25 + static_cast<std::size_t>(tap)] *
                     pixel(shape, images, n, 2 * py + k / 2 + tap / 5, 2 * px + k % 2 + tap % 5);
            if (sum > best) {
              best = sum;
              argmax = k;
            }
          }
          const double passed = best > 0 ? gradient[result.output.size()] : 0;
          result.output.push_back(std::max(best, 0.0));
          result.argmax.push_back(static_cast<std::uint8_t>(argmax));
          for (std::int64_t tap = 0; tap < 25; ++tap)
            result.weight_gradient[f * 25 + static_cast<std::size_t>(tap)] +=
                passed *
                pixel(shape, images, n, 2 * py + argmax / 2 + tap / 5, 2 * px + argmax % 2 + tap % 5);
          result.bias_gradient[f] += passed;
        }
  return result;
}

}  // namespace

TEMPLATE_TEST_CASE("the fused one-channel convolution, forward and backward", "[kernel][conv_relu_pool]",
                   float, bf16) {
  // The kernel adds 25 products below about 4 × 4 in float, the reference in double. A window whose two
  // largest outputs are closer than that error may have either as its argmax; the seeds give no such window.
  const double error = 26 * 20 * kRounding<float>;
  for (const ConvReluPoolShape shape : {ConvReluPoolShape{1, 32, 28, 28, 2},
                                        {3, 32, 28, 28, 0},
                                        {7, 5, 9, 12, 2},
                                        {2, 40, 11, 6, 1},
                                        {300, 3, 5, 5, 2}}) {
    CAPTURE(shape.samples, shape.filters, shape.height, shape.width, shape.padding);
    const std::int64_t outputs = shape.samples * shape.pooled_height() * shape.pooled_width() * shape.filters;
    if (leave_out(outputs)) continue;
    const auto images = random_values<TestType>(shape.samples * shape.height * shape.width, 1);
    const auto weights = random_values<float>(shape.filters * 25, 2);
    const auto bias = random_values<float>(shape.filters, 3);
    const auto gradient = random_values<TestType>(outputs, 4);
    const Plain expected = plain(shape, doubles(images), doubles(weights), doubles(bias), doubles(gradient));
    std::vector<float> first_gradient;
    under_every_schedule([&] {
      auto output = unwritten<TestType>(outputs);
      std::vector<std::uint8_t> argmax(output.size(), 255);
      REQUIRE(launch_conv_relu_pool<TestType>(
                  {images.data(), weights.data(), bias.data(), output.data(), argmax.data(), shape},
                  nullptr) == cudaSuccess);
      check_close(output, expected.output, kRounding<TestType>, error);
      CHECK(argmax == expected.argmax);

      auto weight_gradient = unwritten<float>(shape.filters * 25);
      auto bias_gradient = unwritten<float>(shape.filters);
      auto workspace = unwritten<float>(static_cast<std::int64_t>(conv_relu_pool_workspace_bytes(shape) / 4));
      REQUIRE(launch_conv_relu_pool_backward<TestType>({.images = images.data(),
                                                        .gradient = gradient.data(),
                                                        .output = output.data(),
                                                        .argmax = argmax.data(),
                                                        .weight_gradient = weight_gradient.data(),
                                                        .bias_gradient = bias_gradient.data(),
                                                        .shape = shape,
                                                        .workspace = workspace.data()},
                                                       nullptr) == cudaSuccess);
      // A few tens of additions to sums of about √positions × 4, products below 16.
      const double positions = static_cast<double>(outputs / shape.filters);
      const double bound = 64 * 16 * std::sqrt(positions) * kRounding<float>;
      check_close(weight_gradient, expected.weight_gradient, 0, bound);
      check_close(bias_gradient, expected.bias_gradient, 0, bound);
      if (first_gradient.empty()) first_gradient = weight_gradient;
      CHECK(weight_gradient == first_gradient);
    });
  }
}

TEST_CASE("evaluation needs no argmax", "[kernel][conv_relu_pool]") {
  const ConvReluPoolShape shape{.samples = 2, .filters = 4, .height = 6, .width = 6};
  const auto images = random_values<float>(2 * 36, 1), weights = random_values<float>(100, 2);
  const std::vector<float> bias(4);
  auto output = unwritten<float>(2 * 9 * 4);
  REQUIRE(launch_conv_relu_pool<float>(
              {images.data(), weights.data(), bias.data(), output.data(), nullptr, shape}, nullptr) ==
          cudaSuccess);
  const Plain expected =
      plain(shape, doubles(images), doubles(weights), doubles(bias), std::vector<double>(72));
  check_close(output, expected.output, 0, 26 * 20 * kRounding<float>);
}

TEST_CASE("images that are too large or too small for the fused convolution are refused",
          "[kernel][conv_relu_pool]") {
  CHECK(conv_relu_pool_fits({50, 32, 28, 28, 2}));
  CHECK(conv_relu_pool_fits({10'000, 32, 28, 28, 2}));
  CHECK(conv_relu_pool_fits({1, 1, 60, 58, 2}));
  CHECK_FALSE(conv_relu_pool_fits({1, 1, 64, 64, 2}));
  CHECK_FALSE(conv_relu_pool_fits({1, 1, 5, 5, 0}));
  CHECK_FALSE(conv_relu_pool_fits({1, 1, 28, 28, 3}));
  CHECK_FALSE(conv_relu_pool_fits({1 << 20, 32, 28, 28, 2}));
  CHECK_FALSE(conv_relu_pool_fits({0, 32, 28, 28, 2}));
}
