#include "engine/figures/axis.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

#include "engine/core/text.hpp"

namespace lenet::figures {
namespace {

// Relative tolerance, so that a mark that rounding moved out of the range still counts.
constexpr double kTolerance = 1e-6;

// Numbers from kLarge on and below kSmall are easier to read with a power of ten than with zeros.
constexpr double kLarge = 1e7;
constexpr double kSmall = 1e-3;

// Smallest span of an axis as a share of its largest number: smaller ones would need labels with more digits
// than there is room for.
constexpr double kMinSpan = 1e-5;
constexpr double kSpanOfOneValue = 0.02;

double round_step(double span, int marks) {
  const double rough = span / marks;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (rough <= factor * power * (1 + kTolerance)) return factor * power;
  return 10 * power;
}

int exponent_of(double number) {
  return static_cast<int>(std::floor(std::log10(std::abs(number)) + kTolerance));
}

bool needs_exponent(double largest) { return largest >= kLarge || (largest > 0 && largest < kSmall); }

/// Formats as 1.8e29 or 2e-10: at most `digits` digits behind the point, without trailing zeros.
std::string with_exponent(double number, int digits) {
  const std::string text = fmt::format("{:.{}e}", number, digits);
  const std::size_t letter = text.find('e');
  std::string mantissa = text.substr(0, letter);
  if (mantissa.find('.') != std::string::npos) {
    mantissa.erase(mantissa.find_last_not_of('0') + 1);
    if (mantissa.back() == '.') mantissa.pop_back();
  }
  return fmt::format("{}e{}", mantissa, std::stoi(text.substr(letter + 1)));
}

}  // namespace

std::vector<double> Axis::ticks() const {
  std::vector<double> marks;
  for (double number = std::ceil(low / step - kTolerance); number <= high / step + kTolerance; ++number)
    marks.push_back(number * step + 0.0);  // makes -0 a plain 0
  return marks;
}

std::string Axis::label(double tick, double scale) const {
  const double number = tick * scale;
  const int step_exponent = exponent_of(step * scale);
  if (needs_exponent(scale * std::max(std::abs(low), std::abs(high)))) {
    if (std::abs(tick) < step / 2) return "0";
    return with_exponent(number, std::max(0, exponent_of(number) - step_exponent));
  }
  if (step_exponent < 0) return fmt::format("{:.{}f}", number, -step_exponent);
  return with_thousands(std::llround(number));
}

std::string readable_number(double number) {
  constexpr int kDigits = 4;
  constexpr double kWhole = 1000;
  if (number == 0) return "0";
  if (needs_exponent(std::abs(number))) return with_exponent(number, kDigits - 1);
  if (std::abs(number) >= kWhole) return with_thousands(std::llround(number));
  return fmt::format("{:.{}f}", number, kDigits);
}

Axis round_axis(double low, double high, int marks) {
  constexpr double kLargest = std::numeric_limits<double>::max();
  constexpr double kSmallest = 1e-300;  // smaller numbers lose digits when divided by ten
  const double largest = std::max(std::abs(low), std::abs(high));
  if (largest < kSmallest) return {0, 1, 0.2};
  // Equal values, too, need an axis with some height; they are in its middle.
  const double least = std::max(kSmallest, largest * (low == high ? kSpanOfOneValue : kMinSpan));
  if (high - low < least) {
    const double middle = low + (high - low) / 2;
    low = middle - least / 2;
    high = middle + least / 2;
  }
  const double step = round_step(high - low, marks);
  const double first = std::floor(low / step + kTolerance) * step;
  const double last = std::ceil(high / step - kTolerance) * step;
  return {first, std::min(kLargest, last > first ? last : first + step), step};
}

Axis exact_axis(double low, double high, int marks, double least) {
  if (high <= low) {  // only one number, in the middle
    const double room = least > 0 ? least / 2 : std::max(0.01, std::abs(low)) / 2;
    low -= room;
    high = low + 2 * room;
  }
  return {low, high, std::max(least, round_step(high - low, marks))};
}

}  // namespace lenet::figures
