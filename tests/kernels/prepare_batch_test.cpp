#include "kernels/launch_batch_position.hpp"
#include "kernels/launch_prepare_batch.hpp"
#include "tests/kernels/support.hpp"

using namespace lenet::kernels;
using namespace kernel_test;

TEMPLATE_TEST_CASE("a batch's pixels become floats, in order or gathered", "[kernel][prepare_batch]", float,
                   bf16) {
  struct Size {
    std::int64_t count, features;
  };
  for (const Size size : {Size{1, 784}, {7, 784}, {50, 784}, {100, 81}, {3, 5}, {1300, 1}}) {
    if (leave_out(256 * size.count)) continue;  // one block per sample
    for (const bool gather : {false, true}) {
      CAPTURE(size.count, size.features, gather);
      const std::int64_t samples = size.count + 13;
      const auto pixels = random_bytes(samples * size.features, 256, 1);
      const auto labels = random_bytes(samples, 10, 2);
      const auto index = lenet::shuffled_indices(samples, 3, 0);
      const std::int64_t position = gather ? 13 : 0;
      std::vector<double> expected_images;
      std::vector<std::uint8_t> expected_labels;
      for (std::size_t i = 0; i < static_cast<std::size_t>(size.count); ++i) {
        const std::size_t source = gather ? index[i + 13] : i;
        const auto features = static_cast<std::size_t>(size.features);
        for (std::size_t f = 0; f < features; ++f)
          expected_images.push_back(rounded<TestType>(
              static_cast<double>(static_cast<float>(pixels[source * features + f]) / 255.0f)));
        expected_labels.push_back(labels[source]);
      }
      under_every_schedule([&] {
        auto images = unwritten<TestType>(size.count * size.features);
        std::vector<std::uint8_t> batch_labels(static_cast<std::size_t>(size.count), 99);
        StepState state{.step = 6};
        REQUIRE(launch_prepare_batch<TestType>(
                    {.pixels = pixels.data(),
                     .labels = labels.data(),
                     .sample_index = gather ? index.data() : nullptr,
                     .position = gather ? &position : nullptr,
                     .images = images.data(),
                     .batch_labels = batch_labels.data(),
                     .count = size.count,
                     .features = size.features,
                     .begin = {gather ? &state : nullptr, {1e-4f, 0.9f, 0.999f, 1e-8f}}},
                    nullptr) == cudaSuccess);
        check_equal(images, expected_images);
        CHECK(batch_labels == expected_labels);
        CHECK(state.step == (gather ? 7 : 6));
      });
    }
  }
}

TEST_CASE("a step's batch follows from its number: epochs alternate between two orders",
          "[kernel][batch_position]") {
  const auto position_after = [](std::int64_t last_step, std::int64_t samples, std::int64_t batch) {
    const StepState state{.step = last_step};
    std::int64_t position = -1;
    REQUIRE(launch_batch_position(
                {.state = &state, .samples = samples, .batch = batch, .position = &position}, nullptr) ==
            cudaSuccess);
    return position;
  };
  // Ten samples in batches of four: steps 0 to 2 are the first epoch, 3 to 5 the second.
  const std::int64_t expected[] = {0, 4, 8, 10, 14, 18, 0, 4};
  for (std::int64_t step = 0; step < 8; ++step) CHECK(position_after(step - 1, 10, 4) == expected[step]);
  CHECK(position_after(0, 10, 5) == 5);
  CHECK(position_after(1, 10, 5) == 10);
  CHECK(position_after(4, 3, 7) == 3);  // one step per epoch
}
