#pragma once

#include <optional>
#include <vector>

#include "data/pictures/grey_image.hpp"

namespace lenet::pictures {

/// Difference of each pixel from the paper's brightness, 0 on paper and positive towards ink.
struct InkDepth {
  GreyImage depth;       ///< difference in grey levels
  double noise = 0;      ///< standard deviation of the depth on paper
  double threshold = 0;  ///< depth that separates paper from ink
  double ink = 0;        ///< mean depth of ink
};

/// Separates ink from paper. The pixels along the border are taken for paper, whose brightness may change
/// smoothly over the picture as illumination does. Ink is either darker or lighter than paper, whichever side
/// has the larger sum of differences. Returns nullopt if nothing stands out from the paper's noise.
std::optional<InkDepth> ink_depth(const GreyImage& picture);

/// Returns Otsu's threshold ("A threshold selection method from gray-level histograms", 1979) of values in
/// [0, 256): it minimizes the variance within the values below it and within those above it.
double otsu_threshold(const std::vector<float>& values);

}  // namespace lenet::pictures
