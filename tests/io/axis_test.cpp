#include "engine/io/axis.hpp"

#include <cmath>

#include "tests/support/catch.hpp"

using namespace lenet;

TEST_CASE("a round axis holds its range, with a readable number of marks that labels tell apart", "[axis]") {
  for (const double low : {0.0, 0.0123, 0.97, 3.0, -2.5, 1e-9, 12345.0})
    for (const double span : {0.0, 1e-4, 0.003, 0.07, 0.9999, 1.0, 42.0, 9e6}) {
      const Axis axis = round_axis(low, low + span, 6);
      INFO(low << " and " << span << " more: " << axis.low << " to " << axis.high << " by " << axis.step);
      const double hair = 1e-5 * axis.step;
      CHECK(axis.low <= low + hair);
      CHECK(axis.high >= low + span - hair);
      const std::vector<double> ticks = axis.ticks();
      CHECK(ticks.size() >= 2);
      CHECK(ticks.size() <= 9);
      for (std::size_t i = 1; i < ticks.size(); ++i) CHECK(axis.label(ticks[i]) != axis.label(ticks[i - 1]));
    }
}

TEST_CASE("labels are as long as they must be", "[axis]") {
  CHECK(Axis{0, 1, 0.2}.label(0.4) == "0.4");
  CHECK(Axis{0, 1, 0.05}.label(0.4) == "0.40");
  CHECK(Axis{0.9, 1, 0.01}.label(0.98, 100) == "98");
  CHECK(Axis{0.99, 1, 0.002}.label(0.992, 100) == "99.2");
  CHECK(Axis{0, 20'000, 5000}.label(15'000) == "15,000");
  CHECK(round_axis(0, 0.5, 6).label(0) == "0.0");
}

TEST_CASE("a whole axis marks whole numbers only", "[axis]") {
  for (const double high : {1.0, 2.0, 3.0, 18.0, 500.0, 20'000.0})
    for (const double tick : whole_axis(1, high, 9).ticks()) CHECK(tick == std::round(tick));
  CHECK(whole_axis(1, 18, 9).low == 1);
  CHECK(whole_axis(1, 18, 9).high == 18);
}
