#include "tests/reference/optimizer.hpp"

#include <cmath>
#include <utility>
#include <variant>

namespace lenet::reference {
namespace {

void update(const Sgd& sgd, const Values& gradient, std::int64_t, TrainingState& state) {
  for (std::size_t i = 0; i < gradient.size(); ++i)
    state.parameters[i] -= static_cast<double>(sgd.learning_rate) * gradient[i];
}

void update(const Adam& adam, const Values& gradient, std::int64_t step, TrainingState& state) {
  const double beta1 = adam.beta1, beta2 = adam.beta2;
  Values &m = state.moments[0], &v = state.moments[1];
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    m[i] = beta1 * m[i] + (1 - beta1) * gradient[i];
    v[i] = beta2 * v[i] + (1 - beta2) * gradient[i] * gradient[i];
    state.parameters[i] = adam_parameter(adam, state.parameters[i], m[i], v[i], step);
  }
}

}  // namespace

// The last three lines of Algorithm 1 of Kingma and Ba.
double adam_parameter(const Adam& adam, double parameter, double moment1, double moment2, std::int64_t step) {
  const double t = static_cast<double>(step) + 1;
  const double corrected1 = moment1 / (1 - std::pow(static_cast<double>(adam.beta1), t));
  const double corrected2 = moment2 / (1 - std::pow(static_cast<double>(adam.beta2), t));
  return parameter - adam.learning_rate * corrected1 / (std::sqrt(corrected2) + adam.epsilon);
}

TrainingState initial_state(const Optimizer& optimizer, Values parameters) {
  const std::size_t moments = std::holds_alternative<Adam>(optimizer) ? 2 : 0;
  std::vector<Values> zeros(moments, Values(parameters.size()));
  return {.parameters = std::move(parameters), .moments = std::move(zeros)};
}

void optimizer_step(const Optimizer& optimizer, const Values& gradient, std::int64_t step,
                    TrainingState& state) {
  std::visit([&](const auto& kind) { update(kind, gradient, step, state); }, optimizer);
}

}  // namespace lenet::reference
