#pragma once

#include <cstdint>
#include <vector>

#include "data/pictures/picture.hpp"

namespace lenet::pictures {

/// Converts a picture of one digit, dark on light or light on dark, into an image like MNIST's
/// (yann.lecun.com/exdb/mnist): only the strokes, scaled to fit 20×20 pixels with their aspect ratio kept,
/// and placed in 28×28 so that their centre of mass is in the middle. Strokes that are too thin to survive
/// this are widened first. Returns 28×28 pixels, row by row, 255 for ink. Throws a DataError if no digit is
/// found.
std::vector<std::uint8_t> digit_from_picture(const Picture& picture);

}  // namespace lenet::pictures
