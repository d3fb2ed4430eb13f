#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lenet {

/// The probability that a network gives a class.
struct ClassProbability {
  std::int64_t label = 0;
  double probability = 0;
};

/// Probabilities from logits, in double and safe from overflow.
std::vector<double> softmax(std::span<const float> logits);

/// Returns the `count` most likely classes in descending order; the lower label comes first among equals.
std::vector<ClassProbability> most_likely(std::span<const float> logits, std::size_t count);

/// 0.9312 → "93.12 %". Only 0 and 1 are shown as 0 % and 100 %: else "< 0.01 %", "> 99.99 %".
std::string percent_text(double share);

}  // namespace lenet
