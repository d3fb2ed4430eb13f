#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/core/random.hpp"
#include "engine/graph/graph.hpp"
#include "tests/reference/interpreter.hpp"

/// Random parameters and batches for tests, the same on every machine.
namespace lenet::reference {

/// The random numbers of test number `test`.
RandomSequence random_for(std::uint64_t test);

/// Weights uniform with the variance 2 / fan-in (He et al. 2015), so that signals keep their size through the
/// layers; biases uniform in ±0.2.
std::vector<float> draw_parameters(const Graph& graph, RandomSequence& random);

struct Batch {
  std::vector<std::uint8_t> pixels;
  std::vector<std::uint8_t> labels;

  std::int64_t count() const { return std::ssize(labels); }
};

/// Uniform pixels, a fifth of them black, and uniform labels.
Batch draw_batch(const Graph& graph, std::int64_t count, RandomSequence& random);

/// How far from a kink is far enough that no float32 program sees it from the other side: 32 units of
/// roundoff of the layer's largest value, several times the error of the sums in these tests.
inline constexpr double kAwayFromKinks = 0x1p-19;

/// Draws again each sample that is nearer than `distance` to a kink (see kink_distances) until none is.
Batch draw_batch_away_from_kinks(const Graph& graph, const std::vector<float>& parameters, std::int64_t count,
                                 RandomSequence& random, std::optional<DropoutKey> dropout = {},
                                 double distance = kAwayFromKinks);

}  // namespace lenet::reference
