#pragma once

#include <optional>
#include <vector>

#include "data/pictures/grey_image.hpp"

namespace lenet::pictures {

/// How far each pixel is from the paper towards the ink, 0 on paper, and how much paper itself scatters.
struct InkDepth {
  GreyImage depth;       ///< grey levels
  double noise = 0;      ///< standard deviation of paper
  double threshold = 0;  ///< between paper and ink
  double ink = 0;        ///< mean depth of ink
};

/// Tells ink from paper. Paper is what lies along the border; its brightness may change smoothly over the
/// picture, as light does. Ink is what differs from it, darker or lighter: of the two the side that more
/// differs on. Nothing if nothing stands out from the paper's noise.
std::optional<InkDepth> ink_depth(const GreyImage& picture);

/// Otsu's threshold ("A threshold selection method from gray-level histograms", 1979) of values in [0, 256):
/// what lies below and what lies above vary least within themselves.
double otsu_threshold(const std::vector<float>& values);

}  // namespace lenet::pictures
