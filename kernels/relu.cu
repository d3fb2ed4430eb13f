#include "kernels/element.cuh"
#include "kernels/launch_relu.hpp"
#include "kernels/relu.hpp"

namespace lenet::kernels {
namespace {

constexpr int kBlock = 256;

// Each thread takes four elements at a time, grid-stride.
template <typename T>
__global__ void relu_kernel(ReluArgs<T> args, bool aligned) {
  for (std::int64_t block = global_thread(); 4 * block < args.count; block += all_threads()) {
    const float4 input = load4(args.input, block, args.count, aligned);
    store4(args.output, block, args.count, aligned, map4(input, [](float value) { return relu(value); }));
  }
}

// Each thread takes four elements at a time, grid-stride.
template <typename T>
__global__ void relu_backward_kernel(ReluBackwardArgs<T> args, bool aligned) {
  for (std::int64_t block = global_thread(); 4 * block < args.count; block += all_threads()) {
    const float4 gradient = load4(args.gradient, block, args.count, aligned);
    const float4 output = load4(args.output, block, args.count, aligned);
    store4(args.input_gradient, block, args.count, aligned,
           map4(gradient, output, [](float g, float y) { return relu_gradient(g, y); }));
  }
}

}  // namespace

template <typename T>
cudaError_t launch_relu(const ReluArgs<T>& args, cudaStream_t stream) {
  if (args.count < 1) return cudaErrorInvalidValue;
  LENET_LAUNCH(relu_kernel<T>, grid_stride_blocks(ceil_divide(args.count, 4), kBlock), kBlock, stream, args,
               aligned4(args.input, args.output));
  return cudaGetLastError();
}

template <typename T>
cudaError_t launch_relu_backward(const ReluBackwardArgs<T>& args, cudaStream_t stream) {
  if (args.count < 1) return cudaErrorInvalidValue;
  LENET_LAUNCH(relu_backward_kernel<T>, grid_stride_blocks(ceil_divide(args.count, 4), kBlock), kBlock,
               stream, args, aligned4(args.gradient, args.output, args.input_gradient));
  return cudaGetLastError();
}

template cudaError_t launch_relu(const ReluArgs<float>&, cudaStream_t);
template cudaError_t launch_relu(const ReluArgs<bf16>&, cudaStream_t);
template cudaError_t launch_relu_backward(const ReluBackwardArgs<float>&, cudaStream_t);
template cudaError_t launch_relu_backward(const ReluBackwardArgs<bf16>&, cudaStream_t);

}  // namespace lenet::kernels
