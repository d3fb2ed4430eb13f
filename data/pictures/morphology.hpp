#pragma once

#include "data/pictures/grey_image.hpp"

/// Filters over square neighbourhoods. Pixels outside the picture are left out.
namespace lenet::pictures {

/// Returns the largest value within `reach` pixels along both axes of each pixel; smallest_within() the
/// smallest. Takes the same time for every reach (van Herk, "A fast algorithm for local minimum and maximum
/// filters on rectangular and octagonal kernels", 1992).
GreyImage largest_within(const GreyImage& image, std::int64_t reach);
GreyImage smallest_within(const GreyImage& image, std::int64_t reach);

/// Fills whatever is dark and narrower than 2·reach + 1 pixels with the brightness around it; opened()
/// removes what is light. Edges of anything wider stay where they are (Serra, "Image analysis and
/// mathematical morphology", 1982).
GreyImage closed(const GreyImage& image, std::int64_t reach);
GreyImage opened(const GreyImage& image, std::int64_t reach);

/// Returns the mean within `reach` pixels along both axes of each pixel.
GreyImage blurred(const GreyImage& image, std::int64_t reach);

/// Returns the distance of each pixel from the nearest one whose value is at least 0.5.
GreyImage distances(const GreyImage& ink);

/// Swaps columns and rows.
GreyImage transposed(const GreyImage& image);

}  // namespace lenet::pictures
