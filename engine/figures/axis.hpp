#pragma once

#include <string>
#include <vector>

namespace lenet::figures {

/// A range of numbers with round ones to mark in it.
struct Axis {
  double low = 0;
  double high = 1;
  double step = 1;  ///< between marks: 1, 2 or 5 times a power of ten

  std::vector<double> ticks() const;
  /// As many digits as tell the marks apart, with a power of ten where all are huge or tiny; `scale` is 100
  /// for percents.
  std::string label(double tick, double scale = 1) const;
};

/// From round number to round number, so that all of [low, high] lies within.
Axis round_axis(double low, double high, int marks);

/// From `low` to `high` exactly, marked at round whole numbers: epochs, steps. A single number is in the
/// middle.
Axis whole_axis(double low, double high, int marks);

/// A number that stands alone: 0.2746, 12,346, 1.8e29, 1e-9.
std::string readable_number(double number);

}  // namespace lenet::figures
