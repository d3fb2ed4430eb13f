#include "kernels/reductions/value_counts.hpp"

#include <algorithm>
#include <cmath>
#include <span>

// Plain loops in place of Thrust's algorithms. tests/kernels/value_counts_test.cpp runs the real ones.
namespace lenet::kernels {
namespace {

/// Calls visit(value) for each finite value, once the stream has got there.
template <class Visit>
cudaError_t for_each_finite(const DeviceValues& values, ScratchMemory& scratch, cudaStream_t stream,
                            const Visit& visit) {
  // The real functions take scratch memory, whose ledger the tests look at.
  scratch.give_back(scratch.take(static_cast<std::size_t>(values.count)));
  if (const cudaError_t error = cudaStreamSynchronize(stream)) return error;
  for (const float value : std::span(values.data, static_cast<std::size_t>(values.count)))
    if (std::isfinite(value)) visit(value);
  return cudaSuccess;
}

}  // namespace

cudaError_t find_value_range(const DeviceValues& values, ScratchMemory& scratch, cudaStream_t stream,
                             ValueRange& range) {
  range = {};
  return for_each_finite(values, scratch, stream, [&](float value) {
    range = {std::min(range.min, value), std::max(range.max, value), range.finite + 1};
  });
}

cudaError_t count_values(const DeviceValues& values, const ValueRange& range, ScratchMemory& scratch,
                         cudaStream_t stream, BucketCounts& counts) {
  const BucketRule bucket_of(range);
  counts = {};
  return for_each_finite(values, scratch, stream,
                         [&](float value) { ++counts[static_cast<std::size_t>(bucket_of(value))]; });
}

}  // namespace lenet::kernels
