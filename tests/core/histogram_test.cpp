#include "engine/core/histogram.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "tests/support/catch.hpp"

using namespace lenet;

namespace {

std::vector<double> counts(const Histogram& histogram) {
  std::vector<double> all;
  for (const Histogram::Bucket& bucket : histogram.buckets) all.push_back(bucket.count);
  return all;
}

}  // namespace

TEST_CASE("a histogram counts every value once, in thirty equal buckets from the smallest to the largest",
          "[histogram]") {
  std::vector<float> values(3001);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = -1.0f + static_cast<float>(i) / 1000.0f;
  const Histogram histogram = histogram_of(values);
  REQUIRE(histogram.buckets.size() == 30);
  CHECK(histogram.buckets.front().left == -1);
  CHECK(histogram.buckets.back().right == 2);
  for (std::size_t i = 0; i < 30; ++i) {
    const Histogram::Bucket& bucket = histogram.buckets[i];
    if (i > 0) CHECK(bucket.left == histogram.buckets[i - 1].right);
    // A value on a border may be rounded to either side.
    CHECK(std::abs(bucket.count - 100) <= 1);
  }
  const auto all = counts(histogram);
  CHECK(std::reduce(all.begin(), all.end()) == 3001);
}

TEST_CASE("histograms of few, equal, huge and non-finite values", "[histogram]") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kHuge = std::numeric_limits<float>::max();
  CHECK(histogram_of({}).buckets.empty());
  CHECK(histogram_of(std::vector{NAN, kInfinity}).buckets.empty());

  const Histogram equal = histogram_of(std::vector(7, 0.25f));
  REQUIRE(equal.buckets.size() == 1);
  CHECK(equal.buckets[0].left == -0.25);
  CHECK(equal.buckets[0].right == 0.75);
  CHECK(equal.buckets[0].count == 7);

  for (const auto& values : {std::vector{-kHuge, kHuge}, std::vector{NAN, 1.0f, -kInfinity, 2.0f}}) {
    const auto found = counts(histogram_of(values));
    REQUIRE(found.size() == 30);
    CHECK(found.front() == 1);
    CHECK(found.back() == 1);
    CHECK(std::reduce(found.begin(), found.end()) == 2);
  }
}
