#include "engine/cuda/libraries/autotune.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/core/random.hpp"
#include "engine/cuda/runtime/check.hpp"
#include "engine/cuda/runtime/event_timer.hpp"

namespace lenet::cuda {
namespace {

// The minimum over a few interleaved rounds counts: an idle device takes a while to reach its clock.
constexpr int kRounds = 3;
constexpr int kRuns = 10;
constexpr float kNever = std::numeric_limits<float>::infinity();

/// Returns the time of kRuns runs as they are in a step, where other work has overwritten the L2 cache;
/// kNever if the candidate cannot run.
float milliseconds(EventTimer& timer, const Candidate& run) {
  if (!run()) return kNever;  // also loads its code
  bool ran = true;
  float sum = 0;
  for (int i = 0; i < kRuns && ran; ++i) {
    timer.flush_cache();
    sum += timer.milliseconds([&] { ran = run(); });
  }
  return ran ? sum : kNever;
}

}  // namespace

std::size_t autotune(cudaStream_t stream, std::span<const Candidate> candidates) {
  EventTimer timer(stream, 2 * cache_bytes());
  std::vector<float> times(candidates.size(), kNever);
  for (int round = 0; round < kRounds; ++round)
    for (std::size_t i = 0; i < candidates.size(); ++i)
      times[i] = std::min(times[i], milliseconds(timer, candidates[i]));
  const auto best = std::ranges::min_element(times);
  if (best == times.end() || *best == kNever) throw DeviceError("autotuning: no candidate runs");
  return static_cast<std::size_t>(best - times.begin());
}

DeviceBuffer random_numbers(DeviceMemory& memory, std::size_t count, cudaStream_t stream) {
  RandomSequence random(0, RandomStream::pick_samples, 0);
  std::vector<std::uint32_t> words(count);
  for (std::uint32_t& word : words) word = std::bit_cast<std::uint32_t>(random.uniform(-1, 1)) >> 16 << 16;
  for (std::uint32_t& word : words) word |= word >> 16;
  DeviceBuffer numbers = memory.allocate("autotuning", count * sizeof(float));
  LENET_CHECK(
      cudaMemcpyAsync(numbers.data(), words.data(), count * sizeof(float), cudaMemcpyHostToDevice, stream));
  LENET_CHECK(cudaStreamSynchronize(stream));
  return numbers;
}

}  // namespace lenet::cuda
