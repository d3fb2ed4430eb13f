#include "kernels/element.cuh"
#include "kernels/launch_adam.hpp"
#include "kernels/nonfinite.cuh"

namespace lenet::kernels {
namespace {

constexpr int kBlock = 256;

// Each thread updates four parameters at a time, grid-stride.
__global__ void __launch_bounds__(kBlock) adam_kernel(AdamArgs args, bool aligned) {
  const AdamStep step = args.state->adam;
  for (std::int64_t block = global_thread(); 4 * block < args.count; block += all_threads()) {
    const float4 weights = load4(args.weights, block, args.count, aligned);
    const float4 gradients = load4(args.gradients, block, args.count, aligned);
    const float4 moment1 = load4(args.moment1, block, args.count, aligned);
    const float4 moment2 = load4(args.moment2, block, args.count, aligned);
    const AdamElement x = adam({weights.x, moment1.x, moment2.x}, gradients.x, step);
    const AdamElement y = adam({weights.y, moment1.y, moment2.y}, gradients.y, step);
    const AdamElement z = adam({weights.z, moment1.z, moment2.z}, gradients.z, step);
    const AdamElement w = adam({weights.w, moment1.w, moment2.w}, gradients.w, step);
    const float4 updated = make_float4(x.weight, y.weight, z.weight, w.weight);
    store4(args.weights, block, args.count, aligned, updated);
    store4(args.moment1, block, args.count, aligned, make_float4(x.moment1, y.moment1, z.moment1, w.moment1));
    store4(args.moment2, block, args.count, aligned, make_float4(x.moment2, y.moment2, z.moment2, w.moment2));
    if (args.weights_bf16) store4(args.weights_bf16, block, args.count, aligned, updated);
    record_nonfinite(updated, args.state, args.first_nonfinite_step);
  }
}

}  // namespace

cudaError_t launch_adam(const AdamArgs& args, cudaStream_t stream) {
  if (args.count < 1 || !args.state) return cudaErrorInvalidValue;
  LENET_LAUNCH(adam_kernel, grid_stride_blocks(ceil_divide(args.count, 4), kBlock), kBlock, stream, args,
               aligned4(args.weights, args.gradients, args.moment1, args.moment2, args.weights_bf16));
  return cudaGetLastError();
}

}  // namespace lenet::kernels
