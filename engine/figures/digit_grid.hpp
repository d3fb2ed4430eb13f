#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/core/prediction.hpp"
#include "engine/figures/canvas.hpp"

namespace lenet::figures {

/// A digit that a network was shown, and what it said.
struct ReadDigit {
  std::vector<std::uint8_t> pixels;  ///< 28×28, row by row, 255 for ink
  std::int64_t correct = 0;
  std::vector<ClassProbability> guesses;  ///< the likeliest first; at least one

  bool is_right() const { return guesses.front().label == correct; }
};

/// A digit with the likeliest three classes. `logits` are its own, one a class.
ReadDigit read_digit(std::span<const std::uint8_t> pixels, std::int64_t correct,
                     std::span<const float> logits);

/// "Correct: 7  Predicted: 7"
std::string caption(const ReadDigit& digit);

struct DigitGrid {
  std::string title;
  std::vector<ReadDigit> digits;
};

/// Rows of five digits: above each what it is and what it was taken for (in red where that is wrong), below
/// it the likeliest classes as bars.
Figure digit_grid_figure(const DigitGrid& grid);

}  // namespace lenet::figures
