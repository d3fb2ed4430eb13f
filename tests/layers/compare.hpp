#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/graph/graph.hpp"
#include "tests/reference/interpreter.hpp"

namespace lenet {

/// The largest absolute value.
double largest(std::span<const double> values);

/// The largest difference; infinity if there is a NaN.
double largest_error(std::span<const float> got, std::span<const double> expected);

/// By how much the elements of a parameter's gradient may be off. Their tolerance is relative to the largest
/// of them, or to what that would be with random signs if it is one that cancels.
double gradient_error(const Graph& graph, const Parameter& parameter, const reference::Training& exact);

/// CHECKs logits against those of the reference's pass, with the tolerance for them.
void check_logits(const Graph& graph, std::span<const float> parameters, const reference::Pass& pass,
                  std::span<const float> got);

/// CHECKs each parameter's gradient against the reference's, with the tolerance for it.
void check_gradient(const Graph& graph, const reference::Training& exact, std::span<const float> got);

}  // namespace lenet
