#include "tests/reference/draw.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <stdexcept>

namespace lenet::reference {
namespace {

void draw_pixels(std::span<std::uint8_t> pixels, RandomSequence& random) {
  for (std::uint8_t& pixel : pixels)
    pixel = random.below(5) == 0 ? std::uint8_t{0} : static_cast<std::uint8_t>(random.below(256));
}

}  // namespace

RandomSequence random_for(std::uint64_t test) {
  return RandomSequence(/*seed=*/20'260'101, RandomStream::pick_samples, test);
}

std::vector<float> draw_parameters(const Graph& graph, RandomSequence& random) {
  std::vector<float> values;
  for (const Parameter& parameter : graph.parameters()) {
    const double fan_in = static_cast<double>(parameter.count() / parameter.shape[0]);
    const float bound = parameter.initialization == Initialization::constant
                            ? 0.2f
                            : static_cast<float>(std::sqrt(6.0 / fan_in));
    for (std::int64_t i = 0; i < parameter.count(); ++i) values.push_back(random.uniform(-bound, bound));
  }
  return values;
}

Batch draw_batch(const Graph& graph, std::int64_t count, RandomSequence& random) {
  Batch batch{.pixels = std::vector<std::uint8_t>(static_cast<std::size_t>(count * graph.input_count())),
              .labels = std::vector<std::uint8_t>(static_cast<std::size_t>(count))};
  draw_pixels(batch.pixels, random);
  for (std::uint8_t& label : batch.labels)
    label = static_cast<std::uint8_t>(random.below(static_cast<std::uint32_t>(graph.classes())));
  return batch;
}

Batch draw_batch_away_from_kinks(const Graph& graph, const std::vector<float>& parameters, std::int64_t count,
                                 RandomSequence& random, std::optional<DropoutKey> dropout, double distance) {
  Batch batch = draw_batch(graph, count, random);
  const auto size = static_cast<std::size_t>(graph.input_count());
  const Values weights = widen(parameters);
  for (int attempt = 0; attempt < 200; ++attempt) {
    const std::vector<double> distances =
        kink_distances(graph, forward(graph, weights, batch.pixels, dropout));
    if (std::ranges::min(distances) > distance) return batch;
    for (std::size_t n = 0; n < distances.size(); ++n)
      if (distances[n] <= distance) draw_pixels(std::span(batch.pixels).subspan(n * size, size), random);
  }
  throw std::runtime_error(
      "no batch lies that far from the kinks: ask for a smaller distance or fewer samples");
}

}  // namespace lenet::reference
