#include "kernels/column_sum.cuh"
#include "kernels/element.cuh"
#include "kernels/launch_bias_gradient.hpp"
#include "kernels/relu.hpp"

namespace lenet::kernels {
namespace {

/// Masks one element, stores it, and returns the stored value, rounded, for the sum: the weight gradient is
/// computed from rounded values, too.
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
  const auto shape = column_shape(args.samples, args.channels, args.pixels, args.layout);
  if (!shape || !args.bias_gradient || !args.workspace) return cudaErrorInvalidValue;
  return launch_column_sum(*shape, MaskedGradient<T>{args.gradient, args.output, args.scale, args.masked},
                           column_sum_target(*shape, args.bias_gradient, args.workspace), stream);
}

template cudaError_t launch_bias_gradient(const BiasGradientArgs<float>&, cudaStream_t);
template cudaError_t launch_bias_gradient(const BiasGradientArgs<bf16>&, cudaStream_t);

}  // namespace lenet::kernels
