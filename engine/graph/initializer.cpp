#include "engine/graph/initializer.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "engine/core/random.hpp"

namespace lenet {
namespace {

void draw_weights(std::span<float> weights, const Initializer& initializer, RandomSequence random) {
  for (float& weight : weights) {
    double normal = random.normal();
    while (initializer.truncated && std::abs(normal) > 2.0) normal = random.normal();
    weight = static_cast<float>(normal * static_cast<double>(initializer.stddev));
  }
}

}  // namespace

std::vector<float> initial_parameters(const Graph& graph, const Initializer& initializer,
                                      std::uint64_t seed) {
  std::vector<float> values(static_cast<std::size_t>(graph.parameter_count()));
  for (std::size_t i = 0; i < graph.parameters().size(); ++i) {
    const Parameter& parameter = graph.parameters()[i];
    const std::span<float> part = parameter.in(std::span(values));
    switch (parameter.initialization) {
      case Initialization::constant:
        std::ranges::fill(part, initializer.bias);
        break;
      case Initialization::normal:
        if (initializer.stddev != 0.0f)
          draw_weights(part, initializer, RandomSequence(seed, RandomStream::initial_weights, i));
        break;
    }
  }
  return values;
}

}  // namespace lenet
