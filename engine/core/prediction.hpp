#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lenet {

/// A class, and how likely a network holds it to be.
struct Guess {
  std::int64_t digit = 0;
  double probability = 0;
};

/// Probabilities from logits, in double and safe from overflow.
std::vector<double> softmax(std::span<const float> logits);

/// The `count` likeliest classes, the likeliest first; of equal ones the lower.
std::vector<Guess> best_guesses(std::span<const float> logits, std::size_t count);

/// 0.9312 → "93.12 %"; what is neither 0 nor 1 is never rounded to look so: "< 0.01 %", "> 99.99 %".
std::string percent_text(double share);

}  // namespace lenet
