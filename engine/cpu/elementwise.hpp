#pragma once

#include <cstddef>

namespace lenet::cpu {

/// Sets gradients to 0 where the ReLU's result is 0.
void relu_backward(float* gradients, const float* results, std::size_t count);

}  // namespace lenet::cpu
