#include "kernels/launch.cuh"
#include "kernels/launch_batch_position.hpp"

namespace lenet::kernels {
namespace {

__global__ void batch_position_kernel(BatchPositionArgs args) {
  const std::int64_t step = args.state->step + 1;
  const std::int64_t steps_per_epoch = ceil_divide(args.samples, args.batch);
  const std::int64_t odd = step / steps_per_epoch % 2;
  *args.position = odd * args.samples + step % steps_per_epoch * args.batch;
}

}  // namespace

cudaError_t launch_batch_position(const BatchPositionArgs& args, cudaStream_t stream) {
  if (args.samples < 1 || args.batch < 1 || !args.state || !args.position) return cudaErrorInvalidValue;
  LENET_LAUNCH(batch_position_kernel, 1, 1, stream, args);
  return cudaGetLastError();
}

}  // namespace lenet::kernels
