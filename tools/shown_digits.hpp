#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "engine/figures/digit_grid.hpp"
#include "tools/evaluation.hpp"

/// The digits that a picture of an evaluation shows.
namespace lenet {

struct DigitChoice {
  std::int64_t count = 10;
  std::uint64_t seed = 1;
  bool errors = false;  ///< the most confident mistakes, most confident first; else random digits
};

/// `logits` are those of all images, N×10. No digit twice; fewer than `count` where there are no more. Throws
/// Error if there is not a single mistake.
std::vector<ReadDigit> choose_digits(const DatasetView& data, std::span<const float> logits,
                                     const DigitChoice& choice);

/// "mlp: 10 random test digits"
std::string title_of(const Evaluation& evaluation, const DigitChoice& choice, std::size_t shown);

/// The digits in half blocks, as many side by side as fit into `width` columns, under their captions; those
/// of mistakes red if `color`.
std::string digits_text(std::span<const ReadDigit> digits, int width, bool color);

}  // namespace lenet
