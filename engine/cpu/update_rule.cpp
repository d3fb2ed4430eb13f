#include "engine/cpu/update_rule.hpp"

#include "engine/core/overloaded.hpp"

namespace lenet::cpu {

UpdateRule update_rule(const Optimizer& optimizer, std::int64_t step) {
  return std::visit(
      Overloaded{
          [&](const Sgd& sgd) {
            return UpdateRule{.kind = UpdateRule::Kind::sgd, .learning_rate = at(sgd.learning_rate, step)};
          },
          [&](const Adam& adam) {
            return UpdateRule{.kind = UpdateRule::Kind::adam,
                              .adam = kernels::adam_step(at(adam.learning_rate, step), adam.beta1, adam.beta2,
                                                         adam.epsilon, step)};
          },
      },
      optimizer);
}

}  // namespace lenet::cpu
