#include "engine/core/prediction.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace lenet {

std::vector<double> softmax(std::span<const float> logits) {
  const double largest = *std::ranges::max_element(logits);
  std::vector<double> probabilities;
  double sum = 0;
  for (const float logit : logits) sum += probabilities.emplace_back(std::exp(logit - largest));
  for (double& probability : probabilities) probability /= sum;
  return probabilities;
}

std::vector<ClassProbability> most_likely(std::span<const float> logits, std::size_t count) {
  std::vector<ClassProbability> classes;
  for (const double probability : softmax(logits)) classes.push_back({std::ssize(classes), probability});
  std::ranges::stable_sort(classes, std::ranges::greater{}, &ClassProbability::probability);
  classes.resize(std::min(count, classes.size()));
  return classes;
}

std::string percent_text(double share) {
  constexpr double kSmallestShown = 0.00005;
  if (share > 0 && share < kSmallestShown) return "< 0.01 %";
  if (share < 1 && share > 1 - kSmallestShown) return "> 99.99 %";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f %%", 100 * share);
  return text.data();
}

}  // namespace lenet
