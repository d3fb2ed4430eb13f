#pragma once

#include <string>
#include <vector>

namespace lenet {

/// A range of numbers with round ones to mark in it.
struct Axis {
  double low = 0;
  double high = 1;
  double step = 1;  ///< between marks: 1, 2 or 5 times a power of ten

  std::vector<double> ticks() const;
  /// As many digits behind the point as tell the marks apart; `scale` is 100 for percents.
  std::string label(double tick, double scale = 1) const;
};

/// From round number to round number, so that all of [low, high] lies within.
Axis round_axis(double low, double high, int marks);

/// From `low` to `high` exactly, marked at round whole numbers: epochs, steps.
Axis whole_axis(double low, double high, int marks);

}  // namespace lenet
