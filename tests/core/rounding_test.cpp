#include "engine/core/rounding.hpp"

#include <cstdint>

#include "tests/support/catch.hpp"

using namespace lenet;

TEST_CASE("division and multiples round up, and whole ones stay", "[rounding]") {
  STATIC_REQUIRE(ceil_divide(std::int64_t{0}, 50) == 0);
  STATIC_REQUIRE(ceil_divide(std::int64_t{1}, 50) == 1);
  STATIC_REQUIRE(ceil_divide(std::int64_t{50}, 50) == 1);
  STATIC_REQUIRE(ceil_divide(std::int64_t{55'001}, 50) == 1101);
  STATIC_REQUIRE(round_up(std::size_t{0}, 256) == 0);
  STATIC_REQUIRE(round_up(std::size_t{1}, 256) == 256);
  STATIC_REQUIRE(round_up(std::size_t{256}, 256) == 256);
  STATIC_REQUIRE(round_up(std::size_t{257}, 256) == 512);
}
