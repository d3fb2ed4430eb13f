#pragma once

#include <optional>

#include "data/pictures/grey_image.hpp"

namespace lenet::pictures {

/// A digit's strokes without paper: 0 on paper, 1 in full ink; and the smallest area that holds them.
struct Strokes {
  GreyImage ink;
  Area box;
};

/// Finds the digit in a picture: the connected pieces of ink that are no specks, and do not come in from the
/// border if there is a piece that does not. Nothing if there is no ink.
std::optional<Strokes> find_strokes(const GreyImage& picture);

/// How wide the pen was, in pixels: twice the area of the ink over its outline.
double pen_width(const Strokes& strokes);

/// Strokes that are wider by `margin` pixels on either side.
Strokes thickened(const Strokes& strokes, double margin);

}  // namespace lenet::pictures
