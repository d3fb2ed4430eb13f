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
      std::vector<double> expected_images;
      std::vector<std::uint8_t> expected_labels;
      for (std::size_t i = 0; i < static_cast<std::size_t>(size.count); ++i) {
        const std::size_t source = gather ? index[i] : i;
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
