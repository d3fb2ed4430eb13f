#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/pictures/grey_image.hpp"
#include "data/pictures/picture.hpp"

namespace lenet::pictures {

/// A digit that was found in a picture.
struct PictureDigit {
  std::vector<std::uint8_t> pixels;  ///< 28×28, row by row, 255 for ink
  Area place;                        ///< its strokes in the picture, in whole pixels
  /// Why it is not certain that this is one digit and all of it, for a line like "not sure: …"; empty if it
  /// is.
  std::string doubt;
};

/// Finds the digits in a picture, dark on light or light on dark, in reading order, and converts each into an
/// image like MNIST's (yann.lecun.com/exdb/mnist): only the strokes, scaled to fit 20×20 pixels with their
/// aspect ratio kept, and placed in 28×28 so that their centre of mass is in the middle. Strokes that are too
/// thin to survive this are widened first. Throws a DataError if no digit is found, or more than kMaxDigits.
std::vector<PictureDigit> digits_from_picture(const Picture& picture);

inline constexpr std::size_t kMaxDigits = 50;

/// Converts a picture of one digit: whatever is written on it is taken for strokes of that digit. Returns
/// 28×28 pixels. Throws a DataError if nothing is found.
std::vector<std::uint8_t> digit_from_picture(const Picture& picture);

}  // namespace lenet::pictures
