#include "engine/compile/slot_layout.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "tests/support/catch.hpp"

using namespace lenet;
using compile::SlotLayout;

TEST_CASE("the slots of a ring share no byte and fill no more than its memory", "[compile]") {
  constexpr std::int64_t kCapacity = 7, kPixels = 13;
  const SlotLayout layout(kCapacity, kPixels);
  std::vector<std::byte> memory(layout.bytes());
  std::vector<HostSlot> slots = layout.slots(memory.data());
  REQUIRE(slots.size() == SlotLayout::kSlots);
  const auto mark = [](auto span, int value) { std::ranges::fill(span, static_cast<std::uint8_t>(value)); };
  for (HostSlot& slot : slots) {
    CHECK(slot.pixels.size() == kCapacity * kPixels);
    CHECK(slot.labels.size() == kCapacity);
    CHECK(slot.sample_index.size() == kCapacity);
    mark(slot.pixels, slot.index);
    mark(slot.labels, 100 + slot.index);
    std::ranges::fill(slot.sample_index, 1000u + static_cast<unsigned>(slot.index));
  }
  for (const HostSlot& slot : slots) {
    CHECK(std::ranges::count(slot.pixels, slot.index) == kCapacity * kPixels);
    CHECK(std::ranges::count(slot.labels, 100 + slot.index) == kCapacity);
    CHECK(std::ranges::count(slot.sample_index, 1000u + static_cast<unsigned>(slot.index)) == kCapacity);
  }
}

TEST_CASE("one copy from a slot's beginning holds the labels and pixels of a batch", "[compile]") {
  const SlotLayout layout(5, 784);
  std::vector<std::byte> memory(layout.bytes());
  const HostSlot slot = layout.slots(memory.data())[1];
  const std::byte* const begin = memory.data() + layout.slot_bytes();
  CHECK(reinterpret_cast<const std::byte*>(slot.labels.data()) == begin);
  CHECK(reinterpret_cast<const std::byte*>(slot.pixels.data()) == begin + layout.pixels_offset());
  CHECK(reinterpret_cast<const std::byte*>(slot.sample_index.data()) == begin + layout.index_offset());
  CHECK(layout.batch_bytes(5) == layout.pixels_offset() + 5 * 784);
  CHECK(layout.pixels_offset() % 256 == 0);
  CHECK(layout.index_offset() % 256 == 0);
  CHECK(layout.slot_bytes() % 256 == 0);
}
