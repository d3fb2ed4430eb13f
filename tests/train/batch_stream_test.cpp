#include "engine/train/batch_stream.hpp"

#include <algorithm>
#include <atomic>
#include <stdexcept>

#include "data/dataset.hpp"
#include "tests/support/catch.hpp"

using namespace lenet;
using namespace lenet::train;

namespace {

/// Slots in plain memory with a device that can be made to fail or to be slow.
class TestSlots : public HostSlots {
 public:
  explicit TestSlots(std::size_t ring, std::size_t capacity = 16)
      : pixels_(ring), labels_(ring), indices_(ring) {
    for (std::size_t i = 0; i < ring; ++i) {
      pixels_[i].resize(capacity * data::kImagePixels);
      labels_[i].resize(capacity);
      indices_[i].resize(capacity);
      slots_.push_back({.index = static_cast<int>(i),
                        .pixels = pixels_[i],
                        .labels = labels_[i],
                        .sample_index = indices_[i]});
    }
  }
  std::span<HostSlot> slots() override { return slots_; }
  void wait_until_free(int) override {
    if (++waits == fails_at) throw std::runtime_error("the device is lost");
  }
  std::atomic<int> waits = 0;
  int fails_at = -1;

 private:
  std::vector<std::vector<std::uint8_t>> pixels_, labels_;
  std::vector<std::vector<std::uint32_t>> indices_;
  std::vector<HostSlot> slots_;
};

/// Returns samples whose label is their number modulo 10 and whose first two pixels are their number.
data::Samples numbered_samples(std::size_t count) {
  data::Samples samples{.pixels = std::vector<std::uint8_t>(count * data::kImagePixels), .labels = {}};
  for (std::size_t i = 0; i < count; ++i) {
    samples.pixels[i * data::kImagePixels] = static_cast<std::uint8_t>(i);
    samples.pixels[i * data::kImagePixels + 1] = static_cast<std::uint8_t>(i >> 8);
    samples.labels.push_back(static_cast<std::uint8_t>(i % 10));
  }
  return samples;
}

struct Epoch {
  std::vector<std::int64_t> sizes;
  std::vector<std::uint32_t> samples;
};

Epoch drain(const data::Samples& samples, const BatchOptions& options, HostSlots& slots) {
  Epoch seen;
  BatchStream stream(samples.view(), options, slots);
  while (const HostSlot* const slot = stream.next()) {
    seen.sizes.push_back(slot->count);
    for (std::size_t i = 0; i < static_cast<std::size_t>(slot->count); ++i) {
      const std::uint32_t sample = slot->sample_index[i];
      seen.samples.push_back(sample);
      if (options.by_index) continue;
      REQUIRE(slot->pixels[i * data::kImagePixels] == (sample & 0xff));
      REQUIRE(slot->pixels[i * data::kImagePixels + 1] == sample >> 8);
      REQUIRE(slot->labels[i] == sample % 10);
    }
  }
  CHECK(stream.next() == nullptr);
  return seen;
}

}  // namespace

TEST_CASE("an epoch holds every sample once, and keeps the short last batch", "[batch_stream]") {
  const data::Samples samples = numbered_samples(1003);
  for (const std::size_t ring : {1u, 2u, 3u, 8u}) {
    TestSlots slots(ring);
    Epoch epoch = drain(samples, {.batch = 10, .seed = 1}, slots);
    REQUIRE(epoch.sizes.size() == 101);
    CHECK(std::all_of(epoch.sizes.begin(), epoch.sizes.end() - 1,
                      [](std::int64_t size) { return size == 10; }));
    CHECK(epoch.sizes.back() == 3);
    std::ranges::sort(epoch.samples);
    for (std::uint32_t i = 0; i < 1003; ++i) REQUIRE(epoch.samples[i] == i);
  }
}

TEST_CASE("every epoch has its own order, which seed and epoch determine", "[batch_stream]") {
  const data::Samples samples = numbered_samples(200);
  TestSlots slots(3);
  const auto order = [&](std::uint64_t seed, std::uint64_t epoch) {
    return drain(samples, {.batch = 16, .seed = seed, .epoch = epoch}, slots).samples;
  };
  CHECK(order(1, 0) == order(1, 0));
  CHECK(order(1, 0) != order(1, 1));
  CHECK(order(1, 0) != order(2, 0));
}

TEST_CASE("an epoch that is resumed in its middle delivers the rest of the whole one", "[batch_stream]") {
  const data::Samples samples = numbered_samples(103);
  TestSlots slots(3);
  const auto whole = drain(samples, {.batch = 10, .seed = 4, .epoch = 2}, slots).samples;
  const auto rest = drain(samples, {.batch = 10, .seed = 4, .epoch = 2, .first_batch = 7}, slots).samples;
  CHECK(rest == std::vector(whole.begin() + 70, whole.end()));
  CHECK(drain(samples, {.batch = 10, .first_batch = 11}, slots).samples.empty());
}

TEST_CASE("for data on the device only indices are filled in", "[batch_stream]") {
  const data::Samples samples = numbered_samples(50);
  TestSlots slots(2);
  CHECK(drain(samples, {.batch = 7, .seed = 9, .by_index = true}, slots).samples ==
        drain(samples, {.batch = 7, .seed = 9}, slots).samples);
}

TEST_CASE("a stream may be dropped in mid-epoch", "[batch_stream]") {
  const data::Samples samples = numbered_samples(500);
  TestSlots slots(2);
  for (int taken = 0; taken < 5; ++taken) {
    BatchStream stream(samples.view(), {.batch = 10}, slots);
    for (int i = 0; i < taken; ++i) REQUIRE(stream.next());
  }
  CHECK(drain(samples, {.batch = 10}, slots).samples.size() == 500);
}

TEST_CASE("an error of the filling thread reaches the caller after the batches before it", "[batch_stream]") {
  const data::Samples samples = numbered_samples(100);
  TestSlots slots(2);
  slots.fails_at = 3;
  BatchStream stream(samples.view(), {.batch = 10}, slots);
  CHECK(stream.next());
  CHECK(stream.next());
  CHECK_THROWS_WITH(stream.next(), "the device is lost");
}
