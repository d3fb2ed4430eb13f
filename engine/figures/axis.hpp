#pragma once

#include <string>
#include <vector>

namespace lenet::figures {

/// Range of numbers, with marks at round numbers.
struct Axis {
  double low = 0;
  double high = 1;
  double step = 1;  ///< between marks: 1, 2 or 5 times a power of ten

  std::vector<double> ticks() const;
  /// Returns the text at a mark, with as many digits as distinguish the marks from each other, and with a
  /// power of ten if all are huge or tiny. `scale` multiplies the number: 100 for percents.
  std::string label(double tick, double scale = 1) const;
};

/// Returns an axis between two round numbers that contains [low, high], with about `marks` marks.
Axis round_axis(double low, double high, int marks);

/// Returns an axis from exactly `low` to `high` with marks at round numbers that are multiples of `least`: 1
/// for epochs and steps. If both are equal, the number is in the middle of the axis.
Axis exact_axis(double low, double high, int marks, double least = 0);

/// Formats a number for readers: 0.2746, 12,346, 1.8e29, 1e-9.
std::string readable_number(double number);

}  // namespace lenet::figures
