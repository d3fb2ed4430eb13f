#pragma once

#include <cstdint>
#include <vector>

#include "data/pictures/picture.hpp"

namespace lenet::pictures {

/// Makes of a picture of one digit, dark on light or light on dark, what MNIST's makers made of theirs
/// (yann.lecun.com/exdb/mnist): the strokes alone, scaled to fit 20×20 pixels with their aspect ratio kept,
/// and put into 28×28 so that their centre of mass is in the middle. Strokes too thin to survive that are
/// widened first. 28×28 pixels, row by row, 255 for ink. Throws a DataError if there is no digit to be seen.
std::vector<std::uint8_t> digit_from_picture(const Picture& picture);

}  // namespace lenet::pictures
