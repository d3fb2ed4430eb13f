#include "tests/reference/optimizer.hpp"

#include <cmath>
#include <utility>
#include <variant>

namespace lenet::reference {
namespace {

void update(const Sgd& sgd, const Values& gradient, std::int64_t step, TrainingState& state) {
  const auto rate = static_cast<double>(lenet::at(sgd.learning_rate, step));
  for (std::size_t i = 0; i < gradient.size(); ++i) state.parameters[i] -= rate * gradient[i];
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
  return parameter - static_cast<double>(lenet::at(adam.learning_rate, step)) * corrected1 /
                         (std::sqrt(corrected2) + adam.epsilon);
}

TrainingState initial_state(const Optimizer& optimizer, Values parameters) {
  std::vector<Values> zeros(moment_count(optimizer), Values(parameters.size()));
  return {.parameters = std::move(parameters), .moments = std::move(zeros)};
}

void optimizer_step(const Optimizer& optimizer, const Values& gradient, std::int64_t step,
                    TrainingState& state) {
  std::visit([&](const auto& kind) { update(kind, gradient, step, state); }, optimizer);
}

}  // namespace lenet::reference
