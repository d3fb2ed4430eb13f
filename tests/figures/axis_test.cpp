#include "engine/figures/axis.hpp"

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

using namespace lenet;
using namespace lenet::figures;

TEST_CASE("a round axis contains its range and has a readable number of marks with different labels",
          "[axis]") {
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

TEST_CASE("a round axis of huge, tiny or close values has several short labels, no two the same", "[axis]") {
  struct Range {
    double low;
    double high;
  };
  for (const auto [low, high] :
       {Range{0.3, 1.8e29}, Range{2.3, 3e10}, Range{1.7e29, 1.8e29}, Range{0, 1e-9}, Range{0.27456, 0.27457},
        Range{1.79999e29, 1.8e29}, Range{0, 1.7e308}, Range{0, 1e-300}, Range{12345, 12345.0001}}) {
    const Axis axis = round_axis(low, high, 6);
    const std::vector<double> ticks = axis.ticks();
    INFO(low << " to " << high << ": " << axis.low << " to " << axis.high << " by " << axis.step);
    CHECK(axis.high >= high * (1 - 1e-9));
    CHECK(ticks.size() >= 4);
    CHECK(ticks.size() <= 9);
    std::set<std::string> labels;
    for (const double tick : ticks) labels.insert(axis.label(tick));
    CHECK(labels.size() == ticks.size());
    for (const std::string& label : labels) CHECK(label.size() <= 11);
  }
  CHECK(round_axis(0, 1.8e29, 6).label(1.5e29) == "1.5e29");
  CHECK(round_axis(0, 1e-9, 6).label(0) == "0");
  CHECK(round_axis(0, 1e-9, 6).label(8e-10) == "8e-10");
  CHECK(round_axis(0, 1e-9, 6).label(1e-9) == "1e-9");
  CHECK(round_axis(0.27456, 0.27457, 6).label(0.274562) == "0.274562");
}

TEST_CASE("an axis of one value has it in its middle, and an axis of zero starts at zero", "[axis]") {
  const Axis axis = round_axis(0.9, 0.9, 6);
  CHECK(axis.low < 0.9);
  CHECK(axis.high > 0.9);
  CHECK(round_axis(0, 0, 6).low == 0);
  CHECK(exact_axis(1, 1, 9, 1).ticks() == std::vector<double>{1});
}

TEST_CASE("a number in a text has as many digits as can be read", "[axis]") {
  CHECK(readable_number(0) == "0");
  CHECK(readable_number(0.27456) == "0.2746");
  CHECK(readable_number(12345.6) == "12,346");
  CHECK(readable_number(1.8e29) == "1.8e29");
  CHECK(readable_number(3e10) == "3e10");
  CHECK(readable_number(1e-9) == "1e-9");
  CHECK(readable_number(1.2345e-4) == "1.234e-4");
}

TEST_CASE("a whole axis marks only whole numbers", "[axis]") {
  for (const double high : {1.0, 2.0, 3.0, 18.0, 500.0, 20'000.0})
    for (const double tick : exact_axis(1, high, 9, 1).ticks()) CHECK(tick == std::round(tick));
  CHECK(exact_axis(1, 18, 9, 1).low == 1);
  CHECK(exact_axis(1, 18, 9, 1).high == 18);
}
