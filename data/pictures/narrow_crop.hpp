#pragma once

#include "data/pictures/grey_image.hpp"

namespace lenet::pictures {

/// A picture, with columns of ground added on either side.
struct NarrowCrop {
  GreyImage picture;
  std::int64_t margin = 0;  ///< columns on either side
};

/// Adds ground on both sides of a tall, narrow picture that one stroke fills from top to bottom and divides:
/// a 1 that was cropped to its edges, next to which there is too little ground to be known. Other pictures
/// are returned as they are.
NarrowCrop with_ground_beside(const GreyImage& picture);

}  // namespace lenet::pictures
