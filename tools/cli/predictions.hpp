#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/core/class_names.hpp"
#include "engine/core/image.hpp"

namespace lenet::cli {

/// Place of a digit in a picture, in pixels.
struct DigitPlace {
  std::int64_t left = 0;
  std::int64_t top = 0;
  std::int64_t width = 0;
  std::int64_t height = 0;
};

/// A digit and what a network makes of it.
struct PredictedDigit {
  std::string name;       ///< "seven.png", "42.png 1/2 at 90,80", "test image 7", "digits.idx[7]"
  std::string file = {};  ///< the picture that it is in; empty for others
  std::optional<DigitPlace> place = {};    ///< in the picture
  std::string doubt = {};                  ///< why it may be no digit, or not all of one
  std::optional<std::int64_t> index = {};  ///< in a file with several digits
  std::optional<std::int64_t> label = {};  ///< nullopt if unknown
  std::vector<std::uint8_t> pixels = {};
  std::vector<float> logits = {};  ///< one per class
};

/// A file that could not be read, and the reason.
struct DigitFailure {
  std::string file;
  std::string message;
};

/// Digits, and the files that could not be read.
struct DigitBatch {
  Image image;               ///< shape of each digit
  std::int64_t classes = 0;  ///< number of logits of each digit
  ClassNames class_names = {};
  std::vector<PredictedDigit> digits = {};
  std::vector<DigitFailure> failures = {};
};

struct PredictionText {
  bool show = false;   ///< draw each digit above its line
  bool all = false;    ///< all classes, in more lines, not the three most likely ones
  int name_width = 0;  ///< least columns of a digit's name
  int terminal = 0;    ///< columns of the terminal; 0 if there is none
};

/// Returns a line about a digit of the batch: its name, the most likely classes and, if the label is known,
/// whether the first is right. Where the terminal is too narrow, the line is folded.
std::string prediction_text(const PredictedDigit& digit, const DigitBatch& batch, PredictionText form);

/// Returns a JSON array of the digits, followed by the failures. Where classes have names, digits have them
/// next to their labels.
std::string predictions_json(const DigitBatch& batch);

/// Return the line of titles of a table, as RFC 4180 describes it, and the line of a digit of the batch.
/// Failures have no line. Where classes have names, the last columns have those of the label and of the
/// prediction.
std::string predictions_csv_titles(const DigitBatch& batch);
std::string prediction_csv(const PredictedDigit& digit, const DigitBatch& batch);

}  // namespace lenet::cli
