#pragma once

#include <string>
#include <vector>

#include "data/pictures/grey_image.hpp"

namespace lenet::pictures {

/// Strokes of a digit, 0 on the ground to 1 in full ink.
struct Strokes {
  GreyImage ink;           ///< just as large as the digit
  Area place;              ///< of `ink` in the picture
  double pen = 0;          ///< width of the pen in pixels
  bool at_border = false;  ///< much of it is at the border of the picture or of the sheet
  /// Why it is not certain that this is one digit and all of it; empty if it is.
  std::string doubt = {};
};

/// Finds the digits in a picture, in reading order. Finds the sheet first, and the ground on it; takes away
/// rules, punched holes, frames, shadows and specks; joins the pieces of a digit and cuts digits that touch.
/// Returns an empty vector if there is no ink.
std::vector<Strokes> find_digits(const GreyImage& picture);

/// Joins digits to one: the pieces of a digit that was drawn with wide gaps. There must be at least one.
Strokes joined(const std::vector<Strokes>& digits);

/// Returns the ink widened by `margin` pixels on either side. The result is larger by thickened_room() on
/// each side.
GreyImage thickened(const GreyImage& ink, double margin);
std::int64_t thickened_room(double margin);

}  // namespace lenet::pictures
