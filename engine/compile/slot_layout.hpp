#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/core/batch.hpp"

namespace lenet::compile {

/// The memory layout of a ring of slots. Each slot holds labels, pixels and sample indices, each aligned to
/// 256 bytes. Labels come directly before pixels, so that one copy transfers both.
class SlotLayout {
 public:
  /// Large enough to wake the filling thread only once per half ring: for a small network, waking it for
  /// every batch would cost more than filling a slot.
  static constexpr std::size_t kSlots = 8;

  /// `capacity`: samples per slot.
  SlotLayout(std::int64_t capacity, std::int64_t pixels_per_sample);

  std::size_t slot_bytes() const { return slot_bytes_; }
  std::size_t bytes() const { return kSlots * slot_bytes_; }
  std::size_t pixels_offset() const { return pixels_offset_; }
  std::size_t index_offset() const { return index_offset_; }
  /// Returns the bytes from the start of a slot to the end of the pixels of `count` samples.
  std::size_t batch_bytes(std::int64_t count) const {
    return pixels_offset_ + static_cast<std::size_t>(count * pixels_per_sample_);
  }

  /// Returns the ring's slots as views into `memory`, which must have bytes() bytes.
  std::vector<HostSlot> slots(std::byte* memory) const;

 private:
  std::int64_t capacity_, pixels_per_sample_;
  std::size_t pixels_offset_, index_offset_, slot_bytes_;
};

}  // namespace lenet::compile
