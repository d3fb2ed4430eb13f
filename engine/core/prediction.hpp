#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lenet {

/// The probability that a network assigns to a class.
struct ClassProbability {
  std::int64_t label = 0;
  double probability = 0;
};

/// Returns the class probabilities for logits, computed in double without overflow.
std::vector<double> softmax(std::span<const float> logits);

/// Returns the `count` most likely classes in descending order of probability; ties are in label order.
std::vector<ClassProbability> most_likely(std::span<const float> logits, std::size_t count);

/// 0.9312 → "93.12 %". Values that would round to 0 % or 100 % are "< 0.01 %" or "> 99.99 %".
std::string percent_text(double share);

}  // namespace lenet
