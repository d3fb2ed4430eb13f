#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "engine/backend.hpp"
#include "tools/predict_options.hpp"

namespace lenet {

/// A digit that is to be read.
struct DigitSource {
  std::string name;                     ///< "seven.png", "test image 7", "digits.idx[7]"
  std::optional<std::int64_t> index;    ///< of what holds many
  std::optional<std::int64_t> correct;  ///< where it is known
};

/// A file that holds no digit, and why.
struct DigitFailure {
  std::string file;
  std::string message;
};

/// Digits, and what became of those that could not be had.
struct DigitBatch {
  std::vector<DigitSource> sources;
  std::vector<std::uint8_t> pixels;  ///< 28×28 each
  std::vector<DigitFailure> failures;
};

/// The digits that the options name. A file that cannot be read is told in one line on `errors`; the others
/// still come. Throws UsageError for test digits that are not there, DataError if there is no test set.
DigitBatch gather_digits(const PredictOptions& options, std::ostream& errors);

/// A line a digit: its name, the three likeliest classes, and whether the first is right where that is known.
/// Above each, if `show`, the digit.
std::string predictions_text(const DigitBatch& batch, const std::vector<float>& logits, bool show);
/// One JSON array: the digits, then the failures.
std::string predictions_json(const DigitBatch& batch, const std::vector<float>& logits);

}  // namespace lenet
