#include "kernels/step_state.cuh"

namespace lenet::kernels {
namespace {

// One thread.
__global__ void begin_step_kernel(BeginStepArgs args) { begin_step(args); }

}  // namespace

cudaError_t launch_begin_step(const BeginStepArgs& args, cudaStream_t stream) {
  LENET_LAUNCH(begin_step_kernel, 1, 1, stream, args);
  return cudaGetLastError();
}

}  // namespace lenet::kernels
