#include "engine/core/number.hpp"

#include <cstdint>
#include <limits>

#include "tests/support/catch.hpp"

using namespace lenet;

TEST_CASE("a number is read if the whole text is one", "[number]") {
  CHECK(parse_number<int>("42") == 42);
  CHECK(parse_number<int>("-7") == -7);
  CHECK(parse_number<double>("1e-4") == 1e-4);
  CHECK(parse_number<float>("0.5") == 0.5f);
  CHECK(parse_number<std::int64_t>("9223372036854775807") == std::numeric_limits<std::int64_t>::max());
  for (const char* text : {"", " 4", "4 ", "+4", "4x", "0x4", "four", "-", "99999999999"}) {
    INFO(text);
    CHECK_FALSE(parse_number<int>(text));
  }
  CHECK_FALSE(parse_number<std::uint64_t>("-1"));
  CHECK_FALSE(parse_number<double>("0,5"));
}

TEST_CASE("leading digits end at the first other character", "[number]") {
  CHECK(leading_digits("90a-real") == "90");
  CHECK(leading_digits("75") == "75");
  CHECK(leading_digits("a90").empty());
  CHECK(leading_digits("").empty());
}
