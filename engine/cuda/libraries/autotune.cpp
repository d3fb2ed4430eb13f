#include "engine/cuda/libraries/autotune.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/cuda/runtime/handles.hpp"

namespace lenet::cuda {
namespace {

// The minimum over a few interleaved rounds counts: an idle device takes a while to reach its clock.
constexpr int kRounds = 3;
constexpr int kRuns = 10;
constexpr float kNever = std::numeric_limits<float>::infinity();

/// Returns the time of kRuns runs; kNever if the candidate cannot run.
float milliseconds(cudaStream_t stream, const Candidate& run) {
  const Event begin(Event::timed), end(Event::timed);
  if (!run()) return kNever;  // also loads its code
  LENET_CHECK(cudaEventRecord(begin.get(), stream));
  for (int i = 0; i < kRuns; ++i)
    if (!run()) return kNever;
  LENET_CHECK(cudaEventRecord(end.get(), stream));
  LENET_CHECK(cudaEventSynchronize(end.get()));
  float elapsed = 0;
  LENET_CHECK(cudaEventElapsedTime(&elapsed, begin.get(), end.get()));
  return elapsed;
}

}  // namespace

std::size_t autotune(cudaStream_t stream, std::span<const Candidate> candidates) {
  std::vector<float> times(candidates.size(), kNever);
  for (int round = 0; round < kRounds; ++round)
    for (std::size_t i = 0; i < candidates.size(); ++i)
      times[i] = std::min(times[i], milliseconds(stream, candidates[i]));
  const auto best = std::ranges::min_element(times);
  if (best == times.end() || *best == kNever) throw DeviceError("autotuning: no candidate runs");
  return static_cast<std::size_t>(best - times.begin());
}

}  // namespace lenet::cuda
