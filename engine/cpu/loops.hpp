#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/adam.hpp"
#include "kernels/dropout.hpp"

/// The element-wise loops of a step, with the mathematics of kernels/. Each is compiled for several
/// instruction sets; the best that this processor has is chosen when the program starts. All run on the
/// threads that OpenMP has been given.
namespace lenet::cpu {

/// One Adam step over `count` parameters. Returns whether all new weights are finite.
bool adam_update(float* weights, float* moment1, float* moment2, const float* gradients, std::size_t count,
                 const kernels::AdamStep& step);
/// weights -= learning_rate · gradients. Returns whether all new weights are finite.
bool sgd_update(float* weights, const float* gradients, std::size_t count, float learning_rate);
/// values = max(values, 0), where NaN stays NaN
void relu_forward(float* values, std::size_t count);
/// gradients = 0 where the ReLU's result was 0
void relu_backward(float* gradients, const float* results, std::size_t count);
/// Multiplies element i by its dropout factor: values in the forward pass, gradients in the backward pass.
void apply_dropout(float* values, std::size_t count, const kernels::DropoutMask& mask);
/// floats = pixels / 255
void normalize(float* floats, const std::uint8_t* pixels, std::size_t count);

/// "AVX-512", "AVX2" or "baseline": what the loops run with here.
const char* instruction_set();

}  // namespace lenet::cpu
