#include "tests/layers/compare.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/support/catch.hpp"
#include "tests/support/tolerance.hpp"

namespace lenet {

double largest(std::span<const double> values) {
  double result = 0;
  for (const double value : values) result = std::max(result, std::abs(value));
  return result;
}

double gradient_error(const Graph& graph, const Parameter& parameter, const reference::Training& exact) {
  const auto first = static_cast<std::size_t>(parameter.offset);
  const auto length = static_cast<std::size_t>(parameter.count());
  const double magnitude = largest(std::span(exact.gradient.magnitudes).subspan(first, length));
  const std::int64_t terms = tolerance::gradient_terms(graph, parameter, exact.pass.count);
  const double size = std::max(largest(std::span(exact.gradient.values).subspan(first, length)),
                               tolerance::typical_size(magnitude, terms));
  return size * tolerance::of_gradient(graph, parameter, exact.pass.count, largest(exact.pass.logits()));
}

double largest_error(std::span<const float> got, std::span<const double> expected) {
  double error = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double difference = std::abs(static_cast<double>(got[i]) - expected[i]);
    if (std::isnan(difference)) return std::numeric_limits<double>::infinity();
    error = std::max(error, difference);
  }
  return error;
}

void check_logits(const Graph& graph, std::span<const float> parameters, const reference::Pass& pass,
                  std::span<const float> got) {
  REQUIRE(got.size() == pass.logits().size());
  const reference::Values magnitudes = reference::logit_magnitudes(graph, reference::widen(parameters), pass);
  const double size = std::max(largest(pass.logits()),
                               tolerance::typical_size(largest(magnitudes), tolerance::logit_terms(graph)));
  CHECK(largest_error(got, pass.logits()) <= size * tolerance::of_logits(graph));
}

void check_gradient(const Graph& graph, const reference::Training& exact, std::span<const float> got) {
  const std::span<const double> expected(exact.gradient.values);
  REQUIRE(got.size() == expected.size());
  for (const Parameter& parameter : graph.parameters()) {
    const auto first = static_cast<std::size_t>(parameter.offset);
    const auto length = static_cast<std::size_t>(parameter.count());
    INFO("gradient of " << parameter.name);
    CHECK(largest_error(got.subspan(first, length), expected.subspan(first, length)) <=
          gradient_error(graph, parameter, exact));
  }
}

}  // namespace lenet
