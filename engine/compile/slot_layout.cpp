#include "engine/compile/slot_layout.hpp"

#include "engine/core/rounding.hpp"

namespace lenet::compile {
namespace {

constexpr std::size_t kAlignment = 256;

std::size_t aligned(std::int64_t bytes) { return round_up(static_cast<std::size_t>(bytes), kAlignment); }

}  // namespace

SlotLayout::SlotLayout(std::int64_t capacity, std::int64_t pixels_per_sample)
    : capacity_(capacity),
      pixels_per_sample_(pixels_per_sample),
      pixels_offset_(aligned(capacity)),
      index_offset_(pixels_offset_ + aligned(capacity * pixels_per_sample)),
      slot_bytes_(index_offset_ + aligned(capacity * std::int64_t{sizeof(std::uint32_t)})) {}

std::vector<HostSlot> SlotLayout::slots(std::byte* memory) const {
  const auto samples = static_cast<std::size_t>(capacity_);
  std::vector<HostSlot> slots;
  for (std::size_t i = 0; i < kSlots; ++i) {
    std::byte* const begin = memory + i * slot_bytes_;
    slots.push_back({.index = static_cast<int>(i),
                     .pixels = {reinterpret_cast<std::uint8_t*>(begin + pixels_offset_),
                                samples * static_cast<std::size_t>(pixels_per_sample_)},
                     .labels = {reinterpret_cast<std::uint8_t*>(begin), samples},
                     .sample_index = {reinterpret_cast<std::uint32_t*>(begin + index_offset_), samples}});
  }
  return slots;
}

}  // namespace lenet::compile
