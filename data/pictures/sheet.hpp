#pragma once

#include "data/pictures/grey_image.hpp"

namespace lenet::pictures {

/// The part of a picture that is written on.
struct Sheet {
  GreyImage mask =
      {};  ///< of the picture's size, 1 on the sheet and 0 off it; empty if it is the whole picture

  bool is_whole() const { return mask.values.empty(); }
  bool holds(std::size_t pixel) const { return is_whole() || mask.values[pixel] >= 0.5f; }
};

/// Finds a sheet on something much darker or much lighter: a solid, roughly rectangular part of the picture
/// whose surroundings reach half of the picture's border or more. Leaves out the pixels near its edges.
/// Returns the whole picture if there is no such sheet.
Sheet find_sheet(const GreyImage& picture);

}  // namespace lenet::pictures
