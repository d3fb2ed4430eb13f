#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/compile/slot_layout.hpp"

namespace lenet::cpu {

/// Slots in ordinary memory. A step on the CPU has read its slot by the time it returns, so that slots are
/// always free.
class CpuSlots : public HostSlots {
 public:
  CpuSlots(std::int64_t capacity, std::int64_t pixels_per_sample)
      : layout_(capacity, pixels_per_sample),
        memory_(layout_.bytes()),
        slots_(layout_.slots(memory_.data())) {}

  std::span<HostSlot> slots() override { return slots_; }
  void wait_until_free(int) override {}
  std::int64_t bytes() const { return static_cast<std::int64_t>(memory_.size()); }

 private:
  compile::SlotLayout layout_;
  std::vector<std::byte> memory_;
  std::vector<HostSlot> slots_;
};

}  // namespace lenet::cpu
