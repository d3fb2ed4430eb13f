#pragma once

#include <cstdint>

#include "data/pictures/paper.hpp"

namespace lenet::pictures {

/// Removes ruled lines from a depth: straight, thin, nearly level or upright, and as long as the sheet. Where
/// a stroke crosses a line, it stays. Pixels of `threshold` or more are ink. Returns the number of lines.
std::int64_t remove_rules(GreyImage& depth, const Sheet& sheet, double threshold);

}  // namespace lenet::pictures
