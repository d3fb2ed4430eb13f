#pragma once

#include <vector>

#include "data/pictures/grey_image.hpp"
#include "data/pictures/sheet.hpp"

namespace lenet::pictures {

/// Whether ink is darker than its ground, and the share of all differences from the ground that are so, from
/// 0.5 (no clear ground) to 1.
struct Polarity {
  bool dark = true;
  double share = 1;
};

/// Ink covers less of each neighbourhood than its ground: the local median is the ground's brightness.
Polarity polarity_of(const GreyImage& picture, const Sheet& sheet);

/// Returns the share of light that ink takes from its ground (or adds to it if `dark` is false), 0 on bare
/// ground to 255. The ground's brightness is that of the picture without all that is narrower than
/// 2·reach + 1 pixels, so that neither smooth light nor the edge of a shadow is ink.
GreyImage depth_of_ink(const GreyImage& picture, bool dark, std::int64_t reach);

/// Returns the reach for the widest strokes that a picture of this size may have.
std::int64_t widest_reach(const GreyImage& picture);

/// Difference of each pixel from its ground, and what of it is ink.
struct InkDepth {
  GreyImage depth;       ///< in grey levels
  double noise = 0;      ///< standard deviation of the depth on bare ground
  double threshold = 0;  ///< depth that separates ground from ink
  double ink = 0;        ///< mean depth of ink

  /// Returns whether anything stands out from the noise.
  bool has_ink() const;
};

/// Measures what of a depth is ink. Off the sheet, the depth is set to 0.
InkDepth measured(GreyImage depth, const Sheet& sheet);

/// Returns Otsu's threshold ("A threshold selection method from gray-level histograms", 1979) of values in
/// [0, 256): it minimizes the variance within the values below it and within those above it.
double otsu_threshold(const std::vector<float>& values);

}  // namespace lenet::pictures
