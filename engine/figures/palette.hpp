#pragma once

#include <array>
#include <cstddef>

/// Colours of all figures. People who see no red or green can distinguish lines and bars, too: these are the
/// eight colours of Okabe and Ito ("Color universal design", 2008) without yellow and black.
namespace lenet::figures {

struct Color {
  double red = 0;
  double green = 0;
  double blue = 0;
};

/// Mixes two colours: `share` of `to`, the rest `from`.
constexpr Color blend(Color from, Color to, double share) {
  return {from.red + share * (to.red - from.red), from.green + share * (to.green - from.green),
          from.blue + share * (to.blue - from.blue)};
}

namespace palette {

constexpr Color hex(unsigned rgb) {
  return {static_cast<double>(rgb >> 16 & 0xff) / 255.0, static_cast<double>(rgb >> 8 & 0xff) / 255.0,
          static_cast<double>(rgb & 0xff) / 255.0};
}

inline constexpr Color kPaper = hex(0xffffff);
inline constexpr Color kInk = hex(0x1f2328);
inline constexpr Color kFaint = hex(0x59636e);  ///< for secondary text
inline constexpr Color kGrid = hex(0xdde1e6);
inline constexpr Color kRight = hex(0x0072b2);
inline constexpr Color kWrong = hex(0xc8102e);
inline constexpr Color kOther = hex(0xaab2bb);

inline constexpr std::array<Color, 6> kSeries = {hex(0x0072b2), hex(0xd55e00), hex(0x009e73),
                                                 hex(0xcc79a7), hex(0xe69f00), hex(0x56b4e9)};
constexpr Color series(std::size_t index) { return kSeries[index % kSeries.size()]; }

}  // namespace palette
}  // namespace lenet::figures
