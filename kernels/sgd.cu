#include "kernels/element.cuh"
#include "kernels/launch_sgd.hpp"
#include "kernels/nonfinite.cuh"
#include "kernels/sgd.hpp"

namespace lenet::kernels {
namespace {

constexpr int kBlock = 256;

// Each thread updates four parameters at a time, grid-stride.
__global__ void sgd_kernel(SgdArgs args, bool aligned) {
  for (std::int64_t block = global_thread(); 4 * block < args.count; block += all_threads()) {
    const float rate = args.state->learning_rate;
    const float4 updated = map4(load4(args.weights, block, args.count, aligned),
                                load4(args.gradients, block, args.count, aligned),
                                [rate](float weight, float gradient) { return sgd(weight, gradient, rate); });
    store4(args.weights, block, args.count, aligned, updated);
    if (args.weights_bf16) store4(args.weights_bf16, block, args.count, aligned, updated);
    record_nonfinite(updated, args.state, args.first_nonfinite_step);
  }
}

}  // namespace

cudaError_t launch_sgd(const SgdArgs& args, cudaStream_t stream) {
  if (args.count < 1 || !args.state) return cudaErrorInvalidValue;
  LENET_LAUNCH(sgd_kernel, grid_stride_blocks(ceil_divide(args.count, 4), kBlock), kBlock, stream, args,
               aligned4(args.weights, args.gradients, args.weights_bf16));
  return cudaGetLastError();
}

}  // namespace lenet::kernels
