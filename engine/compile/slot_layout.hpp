#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/core/batch.hpp"

namespace lenet::compile {

/// How the memory of a ring of slots is divided: per slot the labels, the pixels and the sample indices, each
/// on a boundary of 256 bytes. Labels come first, so that they and the pixels travel in one copy.
class SlotLayout {
 public:
  /// Once the ring is full, the thread that fills it sleeps until half of it is free: waking it for every
  /// batch would cost a small network more than filling does.
  static constexpr std::size_t kSlots = 8;

  /// `capacity` is in samples.
  SlotLayout(std::int64_t capacity, std::int64_t pixels_per_sample);

  std::size_t slot_bytes() const { return slot_bytes_; }
  std::size_t bytes() const { return kSlots * slot_bytes_; }
  std::size_t pixels_offset() const { return pixels_offset_; }
  std::size_t index_offset() const { return index_offset_; }
  /// Bytes of `count` samples' labels and pixels, from the slot's beginning.
  std::size_t batch_bytes(std::int64_t count) const {
    return pixels_offset_ + static_cast<std::size_t>(count * pixels_per_sample_);
  }

  /// The slots of a ring in `memory`, which has bytes().
  std::vector<HostSlot> slots(std::byte* memory) const;

 private:
  std::int64_t capacity_, pixels_per_sample_;
  std::size_t pixels_offset_, index_offset_, slot_bytes_;
};

}  // namespace lenet::compile
