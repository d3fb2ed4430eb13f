#include <cmath>
#include <cstring>
#include <new>
#include <thrust/binary_search.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/sort.h>
#include <thrust/system_error.h>
#include <thrust/transform.h>
#include <thrust/transform_reduce.h>

#include "kernels/reductions/value_counts.hpp"
#ifdef __CUDACC__
#include <thrust/system/cuda/execution_policy.h>
#else
#include <thrust/system/cpp/execution_policy.h>
#endif

namespace lenet::kernels {
namespace {

constexpr int kCounts = kHistogramBuckets + 1;
constexpr std::uint8_t kNotFinite = kCounts;  // sorts behind all buckets

/// Thrust's allocator of temporary memory.
struct Allocator {
  using value_type = char;
  ScratchMemory* scratch;
  char* allocate(std::ptrdiff_t bytes) {
    return static_cast<char*>(scratch->take(static_cast<std::size_t>(bytes)));
  }
  void deallocate(char* memory, std::size_t) { scratch->give_back(memory); }
};

/// An array in scratch memory.
template <class T>
class ScratchArray {
 public:
  ScratchArray(ScratchMemory& scratch, std::int64_t count)
      : scratch_(scratch),
        data_(static_cast<T*>(scratch.take(sizeof(T) * static_cast<std::size_t>(count)))) {}
  ~ScratchArray() { scratch_.give_back(data_); }
  ScratchArray(const ScratchArray&) = delete;
  ScratchArray& operator=(const ScratchArray&) = delete;
  T* data() const { return data_; }

 private:
  ScratchMemory& scratch_;
  T* data_;
};

// The tests compile this file as C++, for Thrust's system that runs on the host.
#ifdef __CUDACC__
auto policy(Allocator& allocator, cudaStream_t stream) {
  return thrust::cuda::par_nosync(allocator).on(stream);
}
cudaError_t copy_to_host(void* to, const void* from, std::size_t bytes, cudaStream_t stream) {
  const cudaError_t error = cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream);
  return error == cudaSuccess ? cudaStreamSynchronize(stream) : error;
}
#else
auto policy(Allocator& allocator, cudaStream_t) { return thrust::cpp::par(allocator); }
cudaError_t copy_to_host(void* to, const void* from, std::size_t bytes, cudaStream_t) {
  std::memcpy(to, from, bytes);
  return cudaSuccess;
}
#endif

struct RangeOf {
  LENET_HOST_DEVICE ValueRange operator()(float value) const {
    return isfinite(value) ? ValueRange{value, value, 1} : ValueRange{};
  }
};

struct WiderRange {
  LENET_HOST_DEVICE ValueRange operator()(const ValueRange& a, const ValueRange& b) const {
    return {a.min < b.min ? a.min : b.min, a.max > b.max ? a.max : b.max, a.finite + b.finite};
  }
};

struct BucketByte {
  BucketRule rule;
  LENET_HOST_DEVICE std::uint8_t operator()(float value) const {
    return isfinite(value) ? static_cast<std::uint8_t>(rule(value)) : kNotFinite;
  }
};

/// Runs algorithms of Thrust, and turns its exceptions into error codes.
template <class Work>
cudaError_t run(const Work& work) {
  try {
    work();
    return cudaSuccess;
  } catch (const thrust::system_error& error) {
    return static_cast<cudaError_t>(error.code().value());
  } catch (const std::bad_alloc&) {
    return cudaErrorMemoryAllocation;
  }
}

}  // namespace

cudaError_t find_value_range(const DeviceValues& values, ScratchMemory& scratch, cudaStream_t stream,
                             ValueRange& range) {
  return run([&] {
    Allocator allocator{&scratch};
    range = thrust::transform_reduce(policy(allocator, stream), values.data, values.data + values.count,
                                     RangeOf{}, ValueRange{}, WiderRange{});
  });
}

// A byte per value, sorted: the counts are the distances between the ends of the buckets.
cudaError_t count_values(const DeviceValues& values, const ValueRange& range, ScratchMemory& scratch,
                         cudaStream_t stream, BucketCounts& counts) {
  std::int64_t ends[kCounts];
  cudaError_t copied = cudaSuccess;
  const cudaError_t counted = run([&] {
    Allocator allocator{&scratch};
    const ScratchArray<std::uint8_t> bytes(scratch, values.count);
    const ScratchArray<std::int64_t> device_ends(scratch, kCounts);
    std::uint8_t* const end = bytes.data() + values.count;
    const auto on_device = policy(allocator, stream);
    thrust::transform(on_device, values.data, values.data + values.count, bytes.data(),
                      BucketByte{BucketRule(range)});
    thrust::sort(on_device, bytes.data(), end);
    const thrust::counting_iterator<std::uint8_t> buckets(0);
    thrust::upper_bound(on_device, bytes.data(), end, buckets, buckets + kCounts, device_ends.data());
    copied = copy_to_host(ends, device_ends.data(), sizeof(ends), stream);
  });
  if (counted != cudaSuccess) return counted;
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] = ends[i] - (i == 0 ? 0 : ends[i - 1]);
  return copied;
}

}  // namespace lenet::kernels
