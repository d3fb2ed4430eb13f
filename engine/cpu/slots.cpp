#include "engine/cpu/slots.hpp"

namespace lenet::cpu {
namespace {

// One that a step reads, one that is being filled, and one so that neither waits for the other.
constexpr std::size_t kSlots = 8;

}  // namespace

CpuSlots::CpuSlots(std::int64_t capacity, std::int64_t pixels_per_sample)
    : pixels_(kSlots * static_cast<std::size_t>(capacity * pixels_per_sample)),
      labels_(kSlots * static_cast<std::size_t>(capacity)),
      sample_indices_(kSlots * static_cast<std::size_t>(capacity)) {
  const auto samples = static_cast<std::size_t>(capacity);
  const std::size_t bytes = pixels_.size() / kSlots;
  for (std::size_t i = 0; i < kSlots; ++i)
    slots_.push_back({.index = static_cast<int>(i),
                      .pixels = std::span(pixels_).subspan(i * bytes, bytes),
                      .labels = std::span(labels_).subspan(i * samples, samples),
                      .sample_index = std::span(sample_indices_).subspan(i * samples, samples)});
}

}  // namespace lenet::cpu
