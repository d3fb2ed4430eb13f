#include "engine/figures/digit_choice.hpp"

#include <algorithm>
#include <cstddef>

#include "engine/core/prediction.hpp"
#include "engine/core/random.hpp"

namespace lenet::figures {

std::vector<std::int64_t> random_digits(const DatasetView& data, std::int64_t count, std::uint64_t seed) {
  const std::vector<std::uint32_t> shuffled = shuffled_indices(data.count(), seed, 0);
  return {shuffled.begin(), shuffled.begin() + std::min(count, data.count())};
}

std::vector<std::int64_t> worst_mistakes(const DatasetView& data, std::span<const float> logits,
                                         std::int64_t count) {
  struct Mistake {
    std::int64_t index;
    double probability;
  };
  std::vector<Mistake> mistakes;
  for (std::int64_t index = 0; index < data.count(); ++index) {
    const ClassProbability first = most_likely(logits_of(data, logits, index), 1).front();
    if (first.label != data.labels[static_cast<std::size_t>(index)])
      mistakes.push_back({index, first.probability});
  }
  std::ranges::stable_sort(mistakes, std::ranges::greater{}, &Mistake::probability);
  std::vector<std::int64_t> indices;
  for (const Mistake& mistake : mistakes)
    if (std::ssize(indices) < count) indices.push_back(mistake.index);
  return indices;
}

std::span<const float> logits_of(const DatasetView& data, std::span<const float> logits, std::int64_t index) {
  const auto classes = static_cast<std::size_t>(data.classes);
  return logits.subspan(static_cast<std::size_t>(index) * classes, classes);
}

}  // namespace lenet::figures
