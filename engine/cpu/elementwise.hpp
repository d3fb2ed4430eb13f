#pragma once

#include <cstddef>

namespace lenet::cpu {

/// gradients = 0 where the ReLU's result was 0
void relu_backward(float* gradients, const float* results, std::size_t count);

}  // namespace lenet::cpu
