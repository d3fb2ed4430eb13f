#include "kernels/column_sum.cuh"
#include "kernels/element.cuh"
#include "kernels/launch_bias_gradient.hpp"
#include "kernels/relu.hpp"

namespace lenet::kernels {
namespace {

/// One element: masks it, stores it, and returns what to sum up: what was stored, rounding and all, because
/// that is what the weight gradient is made of.
template <typename T>
struct MaskedGradient {
  const T* gradient;
  const T* output;
  float scale;
  T* masked;

  __device__ float operator()(const ColumnElement& at) const {
    float value = to_float(gradient[at.offset]);
    if (output) value = relu_gradient(value, to_float(output[at.offset]));
    const T rounded = from_float<T>(value * scale);
    if (masked) masked[at.offset] = rounded;
    return to_float(rounded);
  }
};

}  // namespace

template <typename T>
cudaError_t launch_bias_gradient(const BiasGradientArgs<T>& args, cudaStream_t stream) {
  ColumnShape shape;
  if (!column_shape(args.samples, args.channels, args.pixels, args.layout, shape))
    return cudaErrorInvalidValue;
  if (!args.bias_gradient || !args.workspace) return cudaErrorInvalidValue;
  return launch_column_sum(shape, MaskedGradient<T>{args.gradient, args.output, args.scale, args.masked},
                           column_sum_target(shape, args.bias_gradient, args.workspace), stream);
}

template cudaError_t launch_bias_gradient(const BiasGradientArgs<float>&, cudaStream_t);
template cudaError_t launch_bias_gradient(const BiasGradientArgs<bf16>&, cudaStream_t);

}  // namespace lenet::kernels
