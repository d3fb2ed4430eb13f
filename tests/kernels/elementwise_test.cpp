#include <algorithm>

#include "kernels/dropout.hpp"
#include "kernels/launch_convert.hpp"
#include "kernels/launch_dropout.hpp"
#include "kernels/launch_relu.hpp"
#include "tests/kernels/support.hpp"

using namespace lenet::kernels;
using namespace kernel_test;

namespace {

const std::vector<std::int64_t> kCounts = {1, 7, 50, 100, 10'000};

}  // namespace

TEMPLATE_TEST_CASE("ReLU keeps what is positive, forward and backward", "[kernel][relu]", float, bf16) {
  // An offset of 1 makes the arrays unaligned.
  for (const std::int64_t count : kCounts) {
    if (leave_out(count)) continue;
    for (const std::int64_t offset : {0, 1}) {
      CAPTURE(count, offset);
      auto input = random_values<TestType>(count + offset, 1);
      input[static_cast<std::size_t>(offset)] = from_float<TestType>(0.0f);
      const auto gradient = random_values<TestType>(count + offset, 2);
      std::vector<double> values = doubles(input), gradients = doubles(gradient);
      for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = std::max(values[i], 0.0);
        if (values[i] == 0) gradients[i] = 0;
      }
      values[0] = offset ? 7 : values[0];  // before the arrays: must stay
      gradients[0] = offset ? 7 : gradients[0];
      under_every_schedule([&] {
        auto output = unwritten<TestType>(count + offset);
        auto input_gradient = output;
        if (offset) output[0] = input_gradient[0] = from_float<TestType>(7.0f);
        REQUIRE(launch_relu<TestType>({input.data() + offset, output.data() + offset, count}, nullptr) ==
                cudaSuccess);
        REQUIRE(launch_relu_backward<TestType>(
                    {gradient.data() + offset, output.data() + offset, input_gradient.data() + offset, count},
                    nullptr) == cudaSuccess);
        check_equal(output, values);
        check_equal(input_gradient, gradients);
      });
    }
  }
}

TEST_CASE("ReLU does not hide a NaN, and works in place", "[kernel][relu]") {
  std::vector<float> values = {-1, NAN, 2, -INFINITY, INFINITY};
  REQUIRE(launch_relu<float>({values.data(), values.data(), 5}, nullptr) == cudaSuccess);
  CHECK(std::isnan(values[1]));
  values[1] = 0;
  CHECK(values == std::vector<float>{0, 0, 2, 0, INFINITY});
}

TEMPLATE_TEST_CASE("dropout applies the mask that the CPU computes, for values and gradients",
                   "[kernel][dropout]", float, bf16) {
  const StepState state{.step = 5};
  for (const std::int64_t count : kCounts) {
    if (leave_out(count)) continue;
    CAPTURE(count);
    const auto input = random_values<TestType>(count, 3);
    const DropoutMask mask = dropout_mask(42, 5, 9, 0.4f);
    std::vector<double> expected = doubles(input);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const auto words = dropout_words(mask, static_cast<std::uint32_t>(i / 4));
      expected[i] = words.word[i % 4] < mask.threshold ? 0 : expected[i] / (1 - 0.4f);
    }
    under_every_schedule([&] {
      for (const std::int64_t offset : {0, 3}) {
        auto values = input;
        values.insert(values.begin(), static_cast<std::size_t>(offset), TestType{});
        TestType* data = values.data() + offset;
        REQUIRE(launch_dropout<TestType>({.input = data,
                                          .output = data,
                                          .count = count,
                                          .seed = 42,
                                          .layer = 9,
                                          .rate = 0.4f,
                                          .state = &state},
                                         nullptr) == cudaSuccess);
        values.erase(values.begin(), values.begin() + offset);
        // The scale and the product are each rounded to float, the result to its type.
        check_close(values, expected, 2 * kRounding<float> + kRounding<TestType>, 0);
      }
    });
  }
}

TEST_CASE("dropout of channels-last images drops what it drops in C, H, W order", "[kernel][dropout]") {
  constexpr std::int64_t kSamples = 3, kChannels = 5, kPixels = 7, kCount = kSamples * kChannels * kPixels;
  const StepState state{.step = 11};
  const auto input = random_values<float>(kCount, 4);  // N×C×pixels
  DropoutArgs<float> args{
      .input = input.data(), .count = kCount, .seed = 1, .layer = 2, .rate = 0.5f, .state = &state};
  under_every_schedule([&] {
    auto expected = unwritten<float>(kCount), transposed = expected, output = expected, back = expected;
    args.input = input.data();
    args.output = expected.data();
    args.channels = args.pixels = 1;
    REQUIRE(launch_dropout(args, nullptr) == cudaSuccess);
    const auto swap = [&](const std::vector<float>& from, std::vector<float>& to, bool to_last) {
      for (std::int64_t i = 0; i < kCount; ++i) {
        const std::int64_t pixel = i % kPixels, channel = i / kPixels % kChannels,
                           sample = i / kPixels / kChannels;
        const auto first = static_cast<std::size_t>(i);
        const auto last = static_cast<std::size_t>((sample * kPixels + pixel) * kChannels + channel);
        to_last ? to[last] = from[first] : to[first] = from[last];
      }
    };
    swap(input, transposed, true);
    args.input = transposed.data();
    args.output = output.data();
    args.channels = kChannels;
    args.pixels = kPixels;
    REQUIRE(launch_dropout(args, nullptr) == cudaSuccess);
    swap(output, back, false);
    check_equal(back, doubles(expected));
  });
}

TEST_CASE("a rate that drops everything or is NaN is refused", "[kernel][dropout]") {
  const StepState state{.step = 0};
  float value = 1;
  for (const float rate : {1.0f, -0.1f, NAN}) {
    CHECK(launch_dropout<float>(
              {.input = &value, .output = &value, .count = 1, .rate = rate, .state = &state}, nullptr) ==
          cudaErrorInvalidValue);
  }
}

TEST_CASE("conversion to bf16 rounds every element", "[kernel][convert]") {
  for (const std::int64_t count : kCounts) {
    if (leave_out(count)) continue;
    const auto from = random_values<float>(count, 5);
    std::vector<double> expected;
    for (const float value : from) expected.push_back(rounded<bf16>(value));
    under_every_schedule([&] {
      auto to = unwritten<bf16>(count);
      REQUIRE(launch_convert({from.data(), to.data(), count}, nullptr) == cudaSuccess);
      check_equal(to, expected);
    });
  }
}
