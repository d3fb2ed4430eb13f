#include "tests/reference/optimizer.hpp"

#include <cmath>

#include "tests/support/catch.hpp"

using namespace lenet;
using namespace lenet::reference;

TEST_CASE("SGD steps against the gradient", "[reference]") {
  TrainingState state = initial_state(Sgd{.learning_rate = 0.5f}, {1, 2});
  optimizer_step(Sgd{.learning_rate = 0.5f}, {2, -4}, 0, state);
  CHECK(state.parameters == Values{0, 4});
  CHECK(state.moments.empty());
}

TEST_CASE("Adam's first two steps are those of the paper", "[reference]") {
  // β1 = 1/2, β2 = 3/4, lr = 1, ε = 1, all exact in binary; gradients 4 and then -2.
  // t = 1: m = 2, v = 4, m̂ = 4, v̂ = 16, w = 0 - 4 / (4 + 1).
  // t = 2: m = 0, v = 4: w stays, whatever v̂ is.
  const Adam adam{.learning_rate = 1, .beta1 = 0.5f, .beta2 = 0.75f, .epsilon = 1};
  TrainingState state = initial_state(adam, {0});
  optimizer_step(adam, {4}, 0, state);
  CHECK(state.parameters[0] == Approx(-0.8).epsilon(1e-15));
  CHECK(state.moments == std::vector<Values>{{2}, {4}});
  optimizer_step(adam, {-2}, 1, state);
  CHECK(state.parameters[0] == Approx(-0.8).epsilon(1e-15));
  CHECK(state.moments == std::vector<Values>{{0}, {4}});
}

TEST_CASE("Adam's bias corrections make a constant gradient move by the learning rate", "[reference]") {
  const Adam adam{.learning_rate = 0.125f, .epsilon = 0};
  TrainingState state = initial_state(adam, {1});
  for (int step = 0; step < 100; ++step) optimizer_step(adam, {3e-3}, step, state);
  CHECK(state.parameters[0] == Approx(1 - 100 * 0.125).epsilon(1e-12));
}
