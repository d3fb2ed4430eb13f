#include "engine/io/axis.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "engine/core/text.hpp"

namespace lenet {
namespace {

// Lets a mark that rounding moved by a hair still count as one.
constexpr double kHair = 1e-6;

double round_step(double span, int marks) {
  const double rough = span / marks;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (rough <= factor * power * (1 + kHair)) return factor * power;
  return 10 * power;
}

}  // namespace

std::vector<double> Axis::ticks() const {
  std::vector<double> marks;
  for (double number = std::ceil(low / step - kHair); number * step <= high + kHair * step; ++number)
    marks.push_back(number * step + 0.0);  // makes -0 a plain 0
  return marks;
}

std::string Axis::label(double tick, double scale) const {
  const int digits = std::max(0, -static_cast<int>(std::floor(std::log10(step * scale) + kHair)));
  if (digits > 0) return fmt::format("{:.{}f}", tick * scale, digits);
  return with_thousands(std::llround(tick * scale));
}

Axis round_axis(double low, double high, int marks) {
  // Values that are all the same still need an axis with some height.
  const double span = std::max({high - low, 1e-3 * std::abs(high), 1e-6});
  const double step = round_step(span, marks);
  const double first = std::floor(low / step + kHair) * step;
  const double last = std::ceil(high / step - kHair) * step;
  return {first, last > first ? last : first + step, step};
}

Axis whole_axis(double low, double high, int marks) {
  if (high <= low) return {low - 1, low + 1, 1};
  return {low, high, std::max(1.0, round_step(high - low, marks))};
}

}  // namespace lenet
