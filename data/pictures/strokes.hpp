#pragma once

#include <optional>

#include "data/pictures/grey_image.hpp"

namespace lenet::pictures {

/// Strokes of a digit, 0 on paper to 1 in full ink, and their bounding box.
struct Strokes {
  GreyImage ink;
  Area box;
};

/// Finds the digit in a picture: the connected pieces of ink, without specks and without a frame around the
/// others. If some piece does not touch the border, pieces that touch it are left out. Returns nullopt if
/// there is no ink.
std::optional<Strokes> find_strokes(const GreyImage& picture);

/// Estimates the width of the pen in pixels: twice the area of the ink divided by the length of its outline.
double pen_width(const Strokes& strokes);

/// Returns the strokes widened by `margin` pixels on either side.
Strokes thickened(const Strokes& strokes, double margin);

}  // namespace lenet::pictures
