#include "kernels/reductions/value_counts.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <new>
#include <random>
#include <vector>

#include "engine/core/histogram.hpp"
#include "tests/support/catch.hpp"

using namespace lenet;

// Thrust's algorithms are the same on its host system as on the GPU; what differs is who runs them.

namespace {

/// Counts what is taken and given back, and can refuse.
class HostScratch : public kernels::ScratchMemory {
 public:
  void* take(std::size_t bytes) override {
    if (limit_ < bytes) throw std::bad_alloc();
    auto memory = std::make_unique<std::byte[]>(bytes);
    std::memset(memory.get(), 0xa5, bytes);
    void* const address = memory.get();
    taken_.emplace(address, std::move(memory));
    return address;
  }
  void give_back(void* memory) override { REQUIRE(taken_.erase(memory) == 1); }
  void refuse_above(std::size_t bytes) { limit_ = bytes; }
  bool all_given_back() const { return taken_.empty(); }

 private:
  std::map<void*, std::unique_ptr<std::byte[]>> taken_;
  std::size_t limit_ = std::numeric_limits<std::size_t>::max();
};

Histogram counted(const std::vector<float>& values, kernels::ScratchMemory& scratch) {
  const kernels::DeviceValues all{.data = values.data(), .count = static_cast<std::int64_t>(values.size())};
  ValueRange range;
  BucketCounts counts{};
  REQUIRE(kernels::find_value_range(all, scratch, nullptr, range) == cudaSuccess);
  if (range.min < range.max)
    REQUIRE(kernels::count_values(all, range, scratch, nullptr, counts) == cudaSuccess);
  return histogram_of(range, counts);
}

void require_histogram_of(const std::vector<float>& values) {
  HostScratch scratch;
  const Histogram found = counted(values, scratch), expected = histogram_of(values);
  CHECK(scratch.all_given_back());
  REQUIRE(found.buckets.size() == expected.buckets.size());
  for (std::size_t i = 0; i < found.buckets.size(); ++i) {
    INFO("bucket " << i);
    CHECK(found.buckets[i].left == expected.buckets[i].left);
    CHECK(found.buckets[i].right == expected.buckets[i].right);
    CHECK(found.buckets[i].count == expected.buckets[i].count);
  }
}

}  // namespace

TEST_CASE("Thrust counts the histogram that the host counts", "[reductions]") {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0.1f, 2.0f);
  for (const std::size_t count : {2, 3, 31, 32, 257, 10007}) {
    INFO(count << " values");
    std::vector<float> values(count);
    for (float& value : values) value = normal(random);
    require_histogram_of(values);
    values[count / 2] = std::numeric_limits<float>::quiet_NaN();
    values[0] = -std::numeric_limits<float>::infinity();
    require_histogram_of(values);
  }
}

TEST_CASE("Thrust counts few, equal, huge and non-finite values as the host does", "[reductions]") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kHuge = std::numeric_limits<float>::max();
  constexpr float kTiny = std::numeric_limits<float>::denorm_min();
  for (const auto& values : {std::vector<float>{},
                             {0.0f},
                             {NAN},
                             {NAN, kInfinity},
                             {0.25f, 0.25f, 0.25f},
                             {-kHuge, kHuge},
                             {-kHuge, 0.0f, kHuge, kInfinity},
                             {0.0f, kTiny}})
    require_histogram_of(values);
}

TEST_CASE("a reduction for which there is no memory says so, and gives back what it has", "[reductions]") {
  const std::vector<float> values{1, 2, 3};
  HostScratch scratch;
  scratch.refuse_above(100);  // enough for the bytes, not for the ends of the buckets
  BucketCounts counts{};
  CHECK(kernels::count_values({values.data(), 3}, {1, 3, 3}, scratch, nullptr, counts) ==
        cudaErrorMemoryAllocation);
  CHECK(scratch.all_given_back());
}
